"""What is silenced speaks again afterwards."""

import logging
import warnings

from tangle.cli.quiet import quiet


def test_messages_and_warnings_are_shown_after_but_not_inside(caplog, recwarn):
    logger = logging.getLogger("tangle.somewhere")
    with quiet():
        logger.warning("inside")
        logger.error("broken")
        warnings.warn("inside", stacklevel=1)
    logger.warning("after")
    warnings.warn("after", stacklevel=1)
    assert [record.getMessage() for record in caplog.records] == ["broken", "after"]
    assert [str(warning.message) for warning in recwarn] == ["after"]
