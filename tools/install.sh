#!/usr/bin/env bash
# Installs towerd as a service: locked wheels in a venv of its own, units, account and folders. Run by `make install`.
# With DESTDIR set nothing outside of it is touched, and neither account nor folders are made.
set -euo pipefail
cd "$(dirname "$0")/.."
destdir=${DESTDIR:-}
prefix=${PREFIX:-/opt/towerd}

if [ -z "$destdir" ] && [ "$(id -u)" -ne 0 ]; then
    echo "install: needs root (sudo make install), or DESTDIR=folder for a package" >&2
    exit 1
fi
serves() { "$1" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null; }
# the machine's own Python first: the service has an account of its own and sees no home folder (ProtectHome)
python=
for candidate in /usr/bin/python3 /usr/local/bin/python3 "$(command -v python3 || true)"; do
    if [ -x "$candidate" ] && serves "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "install: needs a Python from 3.11 to 3.13 with venv: sudo apt-get install -y python3-venv git make" >&2
    exit 1
fi
real=$("$python" -c 'import os, sys; print(os.path.realpath(sys.base_prefix))')
case $real in
    /root* | /home* | /run/user*)
        echo "install: $python lives in $real, which the service cannot read: sudo apt-get install -y python3-venv" >&2
        exit 1
        ;;
esac

venv=$destdir$prefix
mkdir -p "$venv"
"$python" -m venv "$venv"
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps)
"${pip[@]}" --require-hashes -r requirements/build.txt
"${pip[@]}" --no-build-isolation --require-hashes -r requirements/runtime.txt
"${pip[@]}" --no-build-isolation --force-reinstall .
if [ -n "$destdir" ]; then
    # scripts name the interpreter by its path: the one it will have, not the one it was built at
    grep -rlI "^#!$venv/bin/python" "$venv/bin" | xargs -r sed -i "1s|^#!$venv/|#!$prefix/|"
fi

install -D -m 0644 -t "$destdir/usr/lib/systemd/system" systemd/*.service
install -D -m 0644 systemd/towerd.sysusers "$destdir/usr/lib/sysusers.d/towerd.conf"
install -D -m 0644 systemd/towerd.tmpfiles "$destdir/usr/lib/tmpfiles.d/towerd.conf"
install -D -m 0640 config/tower.example.toml "$destdir/etc/towerd/tower.example.toml"
mkdir -p "$destdir/usr/local/bin"
for program in towerd towerctl; do
    ln -sfn "$prefix/bin/$program" "$destdir/usr/local/bin/$program"
done
if [ -z "$destdir" ]; then
    systemd-sysusers towerd.conf
    systemd-tmpfiles --create towerd.conf
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
    fi
fi
echo "install: done. Next: copy $prefix's example /etc/towerd/tower.example.toml to /etc/towerd/tower.toml, edit it,"
echo "         towerd check-config /etc/towerd/tower.toml, systemctl enable --now towerd"
