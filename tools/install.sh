#!/bin/sh
# Installs the unpacked bundle where it lies, without a network: ./install.sh [PYTHON]
set -eu
cd "$(dirname "$0")"
. wheels/made-for
python=${1:-python3}
own=$($python -c 'import sys; print("%d.%d" % sys.version_info[:2])')
own_system=$($python -c 'import sysconfig; print(sysconfig.get_platform())')
case " $pythons " in
*" $own "*) ;;
*)
    echo "This bundle is for Python $pythons; $python is $own. Try: ./install.sh python${pythons%% *}" >&2
    exit 1
    ;;
esac
if [ "$own_system" != "$system" ]; then
    echo "This bundle is for $system; this machine is $own_system." >&2
    exit 1
fi
$python -m venv .venv
pip=".venv/bin/python -m pip --disable-pip-version-check --no-input --quiet"
$pip install --no-index --find-links wheels --require-hashes -r requirements.txt
$pip install --no-index --no-deps --no-build-isolation -e .
echo "Installed in $(pwd). Next, with ZAISEKI_SECRET_KEY set to a long random text:"
echo "  .venv/bin/zaiseki migrate         make or renew the database"
echo "  .venv/bin/zaiseki create-admin    the first administrator"
echo "  .venv/bin/zaiseki doctor          what is in force"
echo "  .venv/bin/zaiseki serve           http://127.0.0.1:8000"
