# SPDX-License-Identifier: BSD-3-Clause
"""Callbacks of scikit-learn, from a fit with a known number of steps.

`sklearn.callback` is experimental: this is the only file that calls it.
"""

from contextlib import contextmanager


@contextmanager
def steps(estimator, name, n_steps, X, y):
    """Tell the callbacks of an estimator about the steps of its fit.

    Parameters
    ----------
    estimator : estimator
        One with :class:`sklearn.callback.CallbackSupportMixin`, inside a checked `fit`.
    name : str
        What a step is.
    n_steps : int
        How many steps there will be at most.
    X, y : object
        What is fitted.

    Yields
    ------
    finished : callable
        To be called after each step.
    """
    context = estimator._init_callback_context(max_subtasks=n_steps)
    context.call_on_fit_task_begin(estimator=estimator, X=X, y=y)

    def finished(step):
        task = context.subcontext(task_name=name)
        task.call_on_fit_task_begin(estimator=estimator, X=X, y=y)
        task.call_on_fit_task_end(estimator=estimator, X=X, y=y)

    yield finished
    context.call_on_fit_task_end(estimator=estimator, X=X, y=y)
