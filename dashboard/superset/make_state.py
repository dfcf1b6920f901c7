"""Makes the state of a Superset: its tables, its roles, user admin, and the dashboard of a ZIP file.

By Superset's own commands, in one process, for each takes seconds to start. dashboard/superset/run sets the environment.
usage: make_state.py DASHBOARD.zip     the password is the content of admin_password in SUPERSET_HOME
"""
import os
import sys
from pathlib import Path

from flask.cli import ScriptInfo
from superset.app import create_app
from superset.cli.main import superset

password = (Path(os.environ["SUPERSET_HOME"]) / "admin_password").read_text().strip()
app = create_app()
for command in (
    ["db", "upgrade"],
    ["init"],
    ["fab", "create-admin", "--username", "admin", "--firstname", "Admin", "--lastname", "Local",
     "--email", "admin@localhost", "--password", password],
    ["import-dashboards", "--path", sys.argv[1], "--username", "admin"],
):
    superset.main(command, standalone_mode=False, obj=ScriptInfo(create_app=lambda: app))
