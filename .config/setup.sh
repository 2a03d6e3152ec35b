# shellcheck shell=bash
#
# What ./run and ./test need on the machine. They source this file; it defines functions, prepares the environment, and
# installs nothing by itself. Debian and Ubuntu are supported; elsewhere it says what to install by hand.

root=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd -P)
logs=$root/artifacts/logs

# Build servers that stay behind would outlive the script, so they are off.
export DOTNET_NOLOGO=1 DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_GENERATE_ASPNET_CERTIFICATE=false DOTNET_CLI_UI_LANGUAGE=en
export DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1 MSBUILDTERMINALLOGGER=off UseSharedCompilation=false
# A proxy of the machine must never see what goes to the sandbox.
export NO_PROXY="${NO_PROXY:+$NO_PROXY,}127.0.0.1,localhost" no_proxy="${no_proxy:+$no_proxy,}127.0.0.1,localhost"

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
  bold=$'\e[1m' plain=$'\e[0m'
else
  bold='' plain=''
fi

say() { printf '%s==> %s%s\n' "$bold" "$*" "$plain"; }
warn() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

# fail CODE MESSAGE: 2 means that the machine or the arguments are at fault, 1 that the project is.
fail() {
  local code=$1
  shift
  warn "$@"
  exit "$code"
}

# quietly NAME COMMAND...: keeps the output in a log file and shows its end only when the command fails.
quietly() {
  local log=$logs/$1.log code=0
  shift
  "$@" >"$log" 2>&1 </dev/null || code=$?
  if ((code != 0)); then
    tail -n 40 -- "$log" >&2
    warn "the whole output is in $log"
  fi
  return "$code"
}

# dotnet and npm need a home they can write to; service accounts have none.
prepare_directories() {
  mkdir -p -- "$logs" 2>/dev/null || true
  [[ -w $logs ]] || fail 2 "cannot write to $root/artifacts; clone the repository as the user who builds it"
  if [[ -z ${HOME:-} || ! -d $HOME || ! -w $HOME ]]; then
    export HOME=$root/artifacts/home
    mkdir -p -- "$HOME"
  fi
}

require_dotnet() {
  local version=''
  if command -v dotnet >/dev/null; then
    # Fails when no SDK satisfies global.json.
    version=$(cd -- "$root" && dotnet --version 2>/dev/null) || version=''
  fi
  [[ $version == 10.* ]] \
    || fail 2 'the .NET SDK 10 (10.0.100 or later) is missing; see https://learn.microsoft.com/dotnet/core/install/linux'
}

# postgres_major DIRECTORY: the major version of the server binaries in it; fails when they are not complete.
postgres_major() {
  local answer
  [[ -x $1/postgres && -x $1/initdb ]] || return 1
  answer=$("$1/postgres" --version 2>/dev/null) || return 1
  [[ $answer =~ \(PostgreSQL\)\ ([0-9]+) ]] && printf '%s\n' "${BASH_REMATCH[1]}"
}

# find_postgres PATH DISTRIBUTION_DIRECTORY: the first directory with server binaries of a supported version. The server
# and the tests look in the same order: PATH, then the distribution's place, newest first.
find_postgres() {
  local -a searched candidates
  local directory major
  IFS=: read -r -a searched <<<"$1"
  mapfile -t candidates < <(printf '%s\n' "$2"/*/bin | sort -rV)
  for directory in "${searched[@]}" "${candidates[@]}"; do
    [[ -n $directory ]] || continue
    major=$(postgres_major "$directory") || continue
    if ((major >= 15 && major <= 18)); then
      printf '%s\n' "$directory"
      return 0
    fi
  done
  return 1
}

# as_root COMMAND...: root's own, or through sudo; without a terminal sudo must not ask.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif [[ -t 0 ]]; then
    sudo -- "$@"
  else
    sudo -n -- "$@"
  fi
}

# can_install WHAT PACKAGES: stops with a clear message when nothing can be installed here.
can_install() {
  command -v apt-get >/dev/null || fail 2 "$1 is missing, and this is neither Debian nor Ubuntu; please install it"
  ((EUID == 0)) && return 0
  command -v sudo >/dev/null || fail 2 "$1 is missing; as an administrator run: apt-get install $2"
  as_root true 2>/dev/null || fail 2 "$1 is missing, and sudo refuses; as an administrator run: apt-get install $2"
}

# The lists of apt have a lock that apt does not wait for; a machine that has just booted is often refreshing them.
apt_update() {
  local attempt
  for attempt in 1 2 3 4 5 6; do
    as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get update && return 0
    ((attempt == 6)) || sleep 10
  done
  return 1
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -o DPkg::Lock::Timeout=300 \
    install -y --no-install-recommends "$@"
}

# The lists may be older than the archive, so a refused install is tried once more with new ones.
apt_install_or_update() {
  apt_install "$@" && return 0
  apt_update && apt_install "$@"
}

# The newest supported PostgreSQL that the configured archives offer.
postgres_package() {
  local major
  for major in 18 17 16 15; do
    if LC_ALL=C apt-cache policy "postgresql-$major" 2>/dev/null | grep -q 'Candidate: [0-9]'; then
      printf 'postgresql-%s\n' "$major"
      return 0
    fi
  done
  return 1
}

require_postgres() {
  local distribution=/usr/lib/postgresql package code=0
  local switch=/etc/postgresql-common/createcluster.d/dmp-no-main-cluster.conf
  find_postgres "$PATH" "$distribution" >/dev/null && return 0
  can_install 'PostgreSQL (15 to 18)' postgresql
  say 'Installing PostgreSQL'
  if ! package=$(postgres_package); then
    quietly apt-update apt_update || fail 2 'apt-get update failed; is there a network?'
    package=$(postgres_package) \
      || fail 2 'this distribution has no PostgreSQL 15 to 18; add the archive of the PostgreSQL project (apt.postgresql.org)'
  fi
  # Only the binaries are wanted. Without this the package would create and start a cluster of its own; the file is gone
  # again afterwards, so that later packages behave as the distribution wants.
  as_root mkdir -p -- "${switch%/*}"
  printf 'create_main_cluster = false\n' | as_root tee "$switch" >/dev/null
  quietly apt-postgresql apt_install_or_update "$package" || code=$?
  as_root rm -f -- "$switch"
  ((code == 0)) || fail 2 "could not install $package"
  find_postgres "$PATH" "$distribution" >/dev/null || fail 2 "$package is installed, but its binaries are not in $distribution"
}

# The PKCS#11 module of the tests. Nothing else needs it, so where it cannot be installed its tests are skipped, with the reason.
offer_softhsm() {
  local place
  for place in /usr/lib/softhsm /usr/lib/x86_64-linux-gnu/softhsm /usr/lib/aarch64-linux-gnu/softhsm; do
    [[ -e $place/libsofthsm2.so ]] && command -v softhsm2-util >/dev/null && return 0
  done
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! { command -v sudo >/dev/null && as_root true 2>/dev/null; }; }; then
    say 'SoftHSM cannot be installed here, so its tests are skipped; as an administrator run: apt-get install softhsm2'
    return 0
  fi
  say 'Installing SoftHSM'
  quietly apt-softhsm apt_install_or_update softhsm2 || warn 'could not install softhsm2; the tests of PKCS#11 are skipped'
}

# The other reader of PDFs. Nothing else needs it, so where it cannot be installed its tests are skipped, with the reason.
offer_qpdf() {
  command -v qpdf >/dev/null && return 0
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! { command -v sudo >/dev/null && as_root true 2>/dev/null; }; }; then
    say 'qpdf cannot be installed here, so its tests are skipped; as an administrator run: apt-get install qpdf'
    return 0
  fi
  say 'Installing qpdf'
  quietly apt-qpdf apt_install_or_update qpdf || warn 'could not install qpdf; the tests that compare with it are skipped'
}

# The pooler of the tests, as with SoftHSM. Its service is not started: only the program is wanted.
offer_pgbouncer() {
  command -v pgbouncer >/dev/null || [[ -x /usr/sbin/pgbouncer ]] && return 0
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! { command -v sudo >/dev/null && as_root true 2>/dev/null; }; }; then
    say 'PgBouncer cannot be installed here, so its tests are skipped; as an administrator run: apt-get install pgbouncer'
    return 0
  fi
  say 'Installing PgBouncer'
  quietly apt-pgbouncer apt_install_or_update pgbouncer || warn 'could not install pgbouncer; the tests of a pooler are skipped'
  [[ ! -d /run/systemd/system ]] || as_root systemctl disable --now pgbouncer.service >/dev/null 2>&1 || true
}

# The proxy of the tests of the SDK, in the same way.
offer_tinyproxy() {
  command -v tinyproxy >/dev/null && return 0
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! { command -v sudo >/dev/null && as_root true 2>/dev/null; }; }; then
    say 'tinyproxy cannot be installed here, so its tests are skipped; as an administrator run: apt-get install tinyproxy-bin'
    return 0
  fi
  say 'Installing tinyproxy'
  quietly apt-tinyproxy apt_install_or_update tinyproxy-bin || warn 'could not install tinyproxy; the tests of a proxy are skipped'
}

# The S3 server of the tests: the gateway of Ceph with a monitor and an OSD, which the tests start by themselves, as whoever runs
# them. Nothing else needs it, so where it cannot be installed its tests are skipped, with the reason.
prefer_radosgw() {
  local program missing='' crash=ceph-crash.service
  for program in ceph ceph-authtool ceph-mon ceph-osd monmaptool radosgw radosgw-admin; do
    command -v "$program" >/dev/null || missing+=" $program"
  done
  [[ -n $missing ]] || return 0
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! { command -v sudo >/dev/null && as_root true 2>/dev/null; }; }; then
    say 'The S3 server of the tests cannot be installed here, so they are skipped; as an administrator run: apt-get install ceph-mon ceph-osd radosgw'
    return 0
  fi
  say 'Installing the S3 server of the tests'
  if ! quietly apt-radosgw apt_install_or_update ceph-mon ceph-osd radosgw; then
    warn 'could not install ceph-mon, ceph-osd and radosgw; the tests of the S3 store are skipped'
    return 0
  fi
  # The packages start no server, but this collector of crash reports, where there is a service manager.
  [[ ! -d /run/systemd/system ]] || as_root systemctl disable --now "$crash" >/dev/null 2>&1 || true
}

# The virus scanner of the tests. It is optional: where it is missing and cannot be installed its tests are skipped and say so. Only the
# program is wanted: the service of the package and its download of signatures are not started, now or at the next boot.
prefer_clamd() {
  local policy=/usr/sbin/policy-rc.d made='' code=0
  if command -v clamd >/dev/null || [[ -x /usr/sbin/clamd ]]; then
    return 0
  fi
  if ! command -v apt-get >/dev/null || { ((EUID != 0)) && ! as_root true 2>/dev/null; }; then
    warn 'there is no clamd and it cannot be installed; tests with a virus scanner will be skipped (package clamav-daemon)'
    return 0
  fi
  say 'Installing clamd'
  if [[ ! -e $policy ]]; then
    made=yes
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
    as_root chmod 755 "$policy"
  fi
  quietly apt-clamd apt_install_or_update clamav-daemon || code=$?
  [[ -z $made ]] || as_root rm -f -- "$policy"
  if ((code != 0)); then
    warn 'could not install clamav-daemon; tests with a virus scanner will be skipped'
  elif [[ -d /run/systemd/system ]]; then
    quietly systemctl-clamd as_root systemctl disable clamav-daemon.service clamav-daemon.socket clamav-freshclam.service || true
  fi
  return 0
}

# buf comes from npm, pinned in .config/buf. `npm ci` would want the lock file to know every operating system; `npm
# install --no-save` keeps to the pinned version and to the digests of the lock file, and changes neither file. The
# binary is in the package, so no install script has to run.
require_buf() {
  local folder=$root/.config/buf wanted
  buf=$folder/node_modules/.bin/buf
  wanted=$(sed -n 's/.*"@bufbuild\/buf": "\([0-9.]*\)".*/\1/p' "$folder/package.json")
  # buf itself is started by node, so node is needed even when everything is in place.
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    can_install 'npm (for buf)' 'nodejs npm'
    say 'Installing npm'
    quietly apt-npm apt_install_or_update nodejs npm || fail 2 'could not install nodejs and npm'
  fi
  [[ $("$buf" --version 2>/dev/null) == "$wanted" ]] && return 0
  say "Installing buf $wanted"
  (cd -- "$folder" && quietly npm npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error) \
    || fail 2 'npm could not install buf; is there a network?'
  [[ $("$buf" --version 2>/dev/null) == "$wanted" ]] || fail 2 "buf $wanted does not run on this machine"
}
