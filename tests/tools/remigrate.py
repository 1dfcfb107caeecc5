"""Write the first migration anew from the models: only while nothing has been released.

.venv/bin/python -m tests.tools.remigrate
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from webapp import create_app
from webapp.config import ROOT, Config
from webapp.core.migrate import alembic_config

VERSIONS = ROOT / "migrations" / "versions"
EPOCH = """    op.bulk_insert(
        sa.table("database_fact", sa.column("name"), sa.column("value")),
        [{"name": "epoch", "value": secrets.token_hex(8)}],
    )
"""


def main() -> None:
    for old in VERSIONS.glob("0001_*.py"):
        old.unlink()
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'empty.db'}"
        app = create_app(Config(database_url=url, secret_key="x" * 32, async_mode="threading"))
        with app.app_context():
            command.revision(
                alembic_config(), "foundation", autogenerate=True, rev_id="0001", splice=True
            )
    (path,) = VERSIONS.glob("0001_*.py")
    text = path.read_text()
    text = text.replace("\n\ndef downgrade", EPOCH + "\n\ndef downgrade", 1)
    text = text.replace("import sqlalchemy as sa", "import secrets\n\nimport sqlalchemy as sa", 1)
    path.write_text(text)
    subprocess.run([sys.executable, "-m", "ruff", "format", str(path)], check=True)
    subprocess.run([sys.executable, "-m", "ruff", "check", "--fix", "-q", str(path)], check=False)


if __name__ == "__main__":
    main()
