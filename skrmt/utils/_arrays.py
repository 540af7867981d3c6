# SPDX-License-Identifier: BSD-3-Clause
"""One code for NumPy and for arrays of other libraries.

Code that is written with these few verbs and the functions of the array API standard leaves large
arrays where they are. For NumPy the verbs do what NumPy did without them: the same bits, in place
where that is possible. Arrays of other libraries are told apart only while scikit-learn's
``array_api_dispatch`` is on; otherwise they are what ``numpy.asarray`` makes of them.
"""

import numpy as np
from scipy.sparse import issparse

from skrmt.utils._validation import (
    get_namespace,
    get_namespace_and_device,
    move_to,
    supported_float_dtypes,
    to_numpy,
)

FLOAT_NAMES = ("float64", "float32")


def is_numpy(array):
    """Whether an array is NumPy's, or sparse, or what NumPy makes an array of (as of Dask's).

    Parameters
    ----------
    array : object
        Anything but a number.

    Returns
    -------
    numpy : bool
        False for an array of another library, while ``array_api_dispatch`` is on.
    """
    if isinstance(array, (np.ndarray, np.generic)) or issparse(array):
        return True
    if type(array).__module__.partition(".")[0] == "dask":
        return True
    xp, compliant = get_namespace(array)
    return not compliant or xp is get_namespace(np.empty(0))[0]


def namespace_of(array):
    """Functions of the array API standard for an array.

    Parameters
    ----------
    array : array
        Of any library.

    Returns
    -------
    xp : module
        NumPy itself for NumPy.
    """
    return np if is_numpy(array) else get_namespace(array)[0]


def refuse_complex(array, name):
    """Refuse complex numbers of another library, whose imaginary parts a conversion would drop.

    Parameters
    ----------
    array : array
        Of any library; scikit-learn refuses those of NumPy by itself.
    name : str
        What it is called, for the message.

    Raises
    ------
    ValueError
        If its numbers are complex.
    """
    if not is_numpy(array) and "complex" in str(getattr(array, "dtype", "")):
        raise ValueError(
            f"Complex data not supported: {name} has dtype {array.dtype}; give real numbers."
        )


def float_dtype(array):
    """Float type of an array.

    Parameters
    ----------
    array : array
        Of any library.

    Returns
    -------
    dtype : numpy.dtype, or the type of the other library if it is neither float32 nor float64
        The type, as NumPy calls it.
    """
    if is_numpy(array):
        return array.dtype
    xp = get_namespace(array)[0]
    for name in FLOAT_NAMES:
        if array.dtype == getattr(xp, name):
            return np.dtype(name)
    return array.dtype


def native_float(dtype, like):
    """Float type of another library, or the widest one that its device has.

    Parameters
    ----------
    dtype : numpy.dtype
        Float32 or float64.
    like : array
        Of another library than NumPy.

    Returns
    -------
    dtype : dtype
        Of the library of `like`.
    """
    xp, _, device = get_namespace_and_device(like)
    native = getattr(xp, np.dtype(dtype).name)
    usable = supported_float_dtypes(xp, device)
    return native if native in usable else usable[0]


def cast(array, dtype):
    """Array in a float type, itself where it has that already.

    Parameters
    ----------
    array : array
        Of any library.
    dtype : numpy.dtype
        Float32 or float64.

    Returns
    -------
    array : array
        On the same device.
    """
    if is_numpy(array):
        return array.astype(dtype, copy=False)
    return get_namespace(array)[0].astype(array, native_float(dtype, array), copy=False)


def on_host(array):
    """Array of any library as one of NumPy.

    Parameters
    ----------
    array : array or None
        Of any library.

    Returns
    -------
    array : ndarray or None
        May share its memory with `array`.
    """
    if array is None or is_numpy(array):
        return array
    return to_numpy(array, get_namespace(array)[0])


def beside(array, like):
    """Array where another one is: in its library, on its device.

    Parameters
    ----------
    array : array-like or None
        Of any library.
    like : array
        What `array` follows.

    Returns
    -------
    array : array or None
        May share its memory with `array`.
    """
    if array is None or is_numpy(like):
        return on_host(array)
    xp, _, device = get_namespace_and_device(like)
    if is_numpy(array) and not issparse(array):
        # not every library takes memory that it may not write to
        array = np.require(array, requirements=["C", "W"])
    return move_to(array, xp=xp, device=device)


def empty_beside(shape, dtype, like):
    """Array that is not filled yet.

    Parameters
    ----------
    shape : tuple of int
        Its shape.
    dtype : numpy.dtype
        Float32 or float64.
    like : array
        Library and device.

    Returns
    -------
    array : array
        Of any values.
    """
    if is_numpy(like):
        return np.empty(shape, dtype)
    xp, _, device = get_namespace_and_device(like)
    return xp.empty(shape, dtype=native_float(dtype, like), device=device)


def divided(array, divisor):
    """Quotient in the type of an array, which NumPy overwrites.

    Parameters
    ----------
    array, divisor : array
        Of one library.

    Returns
    -------
    quotient : array
        Of the shape of `array`.
    """
    if is_numpy(array):
        array /= divisor
        return array
    return cast(array / divisor, float_dtype(array))


def at_least(array, limit):
    """Larger of entries and a limit.

    Parameters
    ----------
    array : array
        Of any library.
    limit : float
        The limit.

    Returns
    -------
    array : array
        A new one.
    """
    if is_numpy(array):
        return np.maximum(array, limit)
    return get_namespace(array)[0].clip(array, min=limit)


def kept_rows(array, kept):
    """Rows of an array.

    Parameters
    ----------
    array : array or sparse matrix of shape (n_samples, ...)
        Of any library.
    kept : array of shape (n_samples,) and dtype bool
        Which rows.

    Returns
    -------
    rows : array
        In order.
    """
    if is_numpy(array):
        return array[kept]
    xp = get_namespace(array)[0]
    return xp.take(array, xp.nonzero(kept)[0], axis=0)


def put_rows(target, rows, values):
    """Fill rows of an array, in its type.

    Parameters
    ----------
    target : array of shape (n_samples, ...)
        Of any library; this array is changed.
    rows : slice
        Which rows.
    values : array of shape (n_rows, ...)
        In any float type.
    """
    if is_numpy(target):
        target[rows] = values
    else:
        target[rows, ...] = cast(values, float_dtype(target))


def row_squares(rows):
    """Sum of squares of each row.

    Parameters
    ----------
    rows : array of shape (n_samples, n_columns)
        Of any library.

    Returns
    -------
    squares : array of shape (n_samples,)
        In the type of `rows`.
    """
    if is_numpy(rows):
        return np.einsum("ij,ij->i", rows, rows)
    return get_namespace(rows)[0].vecdot(rows, rows)


def column_squares(weights, rows):
    """Weighted sum of squares of each column.

    Parameters
    ----------
    weights : array of shape (n_samples,)
        Weights.
    rows : array of shape (n_samples, n_columns)
        Of the library of the weights.

    Returns
    -------
    squares : array of shape (n_columns,)
        In the type of `rows`.
    """
    if is_numpy(rows):
        return np.einsum("i,ij,ij->j", weights, rows, rows)
    return weights @ (rows * rows)
