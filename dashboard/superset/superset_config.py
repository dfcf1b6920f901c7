"""Superset for one machine: its own SQLite file, nobody else's servers.

SUPERSET_HOME (dashboard/superset/run sets it) is where its state is kept. All else is Superset's default, feature flags too.
"""
import os
from pathlib import Path

HOME = Path(os.environ["SUPERSET_HOME"])

# Signs sessions and encrypts passwords of databases; made by dashboard/superset/run.
SECRET_KEY = (HOME / "secret_key").read_text().strip()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{HOME}/superset.db"

# Answers are kept for five minutes. "Refresh dashboard" asks the database anew.
CACHE_CONFIG = {"CACHE_TYPE": "FileSystemCache", "CACHE_DIR": f"{HOME}/cache", "CACHE_DEFAULT_TIMEOUT": 300}
DATA_CACHE_CONFIG = {**CACHE_CONFIG, "CACHE_DIR": f"{HOME}/cache/data"}
FILTER_STATE_CACHE_CONFIG = {**CACHE_CONFIG, "CACHE_DIR": f"{HOME}/cache/filters", "CACHE_DEFAULT_TIMEOUT": 30 * 86400}
EXPLORE_FORM_DATA_CACHE_CONFIG = {**CACHE_CONFIG, "CACHE_DIR": f"{HOME}/cache/explore", "CACHE_DEFAULT_TIMEOUT": 86400}

# A page may ask nobody but this server: no telemetry, no maps, no fonts from elsewhere. The pixel with which every page of
# Superset's reports itself is refused by the browser, which says so in its console.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}
