# SPDX-License-Identifier: BSD-3-Clause
"""Placeholder until the streaming mixin is written."""


class StreamingMixin:
    """Streaming."""

    def _forget_stream(self):
        pass
