"""Flower's settings, each with its reason; Flower executes this file (`--conf`, or FLOWER_CONF).

Any name here that is also an option of Flower sets that option, so this file must not `import logging`.
The command line wins over this file, and this file over the environment, which FlowerSettings reads too.
"""

import sys

from tornado.options import options as _given

from extractor.broker.start import require_usable
from extractor.errors import ConfigurationError
from extractor.local.hosts import Hosts
from extractor.postgres.deployment import require_own_broker
from extractor.settings import load_settings
from tasks.flower import format_task, load_flower_settings, require_guard
from tasks.flowerhosts import answer_only_to
from tasks.flowerpages import show_rows

__all__ = ["format_task"]

try:
    _settings = load_flower_settings()
except ConfigurationError as _error:
    sys.stderr.write(f"flower: {_error}\n")
    raise SystemExit(2) from None
_credentials = _settings.basic_auth.get_secret_value().split(",") if _settings.basic_auth else []

# `_given` holds what the command line and the environment say.
# An empty --address wins over this file and means every address; "::" says so to the guard below.
address = "::" if "--address=" in sys.argv else _given.address.strip() or _settings.address
basic_auth = [credential.strip() for credential in _given.basic_auth] or _credentials
read_only = _settings.read_only

# Flower keeps its tasks over a restart; without the interval it would write them at a clean stop only.
persistent = True
db = str(_settings.db)
state_save_interval = 60_000  # ms
max_tasks = 10_000
max_workers = 500

tasks_columns = "document,place,state,reason,account,process,attempt,received,row"
natural_time = True
show_rows()

try:
    if not _given.unix_socket:
        require_guard(address, basic_auth, _given.auth)
    answer_only_to(Hosts("" if _given.unix_socket else address, load_settings().allowed_hosts))
    require_usable(load_settings().broker)
    require_own_broker(load_settings())
    _settings.db.parent.mkdir(parents=True, exist_ok=True)
except (ConfigurationError, OSError) as _error:
    # Let no FileNotFoundError out: Flower takes it for a missing settings file, and starts without these settings.
    sys.stderr.write(f"flower: {_error}\n")
    raise SystemExit(2) from None
