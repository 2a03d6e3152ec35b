#!/usr/bin/env bash
#
# A real S3 server for tests: one monitor, one OSD that keeps everything in memory, and the RADOS gateway of Ceph, on loopback. Needs no
# service manager and no root.
#
#   radosgw.sh DIRECTORY MONITOR_PORT GATEWAY_PORT ACCESS_KEY SECRET_KEY
#
# Writes "ready" when the gateway answers, runs until its standard input ends, and takes everything it started with it. DIRECTORY must
# exist and be empty; the logs are in it.
set -euo pipefail

directory=$1 monitor_port=$2 gateway_port=$3 access_key=$4 secret_key=$5
patience=60
children=()

stop() {
  trap - EXIT
  # The shell would tell of each that was killed.
  exec 2>/dev/null
  # Nothing in it is worth an orderly end.
  ((${#children[@]} == 0)) || kill -KILL "${children[@]}" 2>/dev/null || true
  wait || true
}
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# background NAME COMMAND...
background() {
  local name=$1
  shift
  "$@" </dev/null >"$directory/$name.out" 2>&1 &
  children+=($!)
}

monitor_address="v2:127.0.0.1:$monitor_port/0"
cluster=$(</proc/sys/kernel/random/uuid)
osd=$(</proc/sys/kernel/random/uuid)
export CEPH_CONF=$directory/ceph.conf CEPH_ARGS=''
cat >"$CEPH_CONF" <<CONF
[global]
fsid = $cluster
mon_host = $monitor_address
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_msgr1 = false
keyring = $directory/keyring
run_dir = $directory
crash_dir = $directory
admin_socket =
pid_file =
log_file = $directory/\$name.log

# Starting takes a second instead of twelve.
paxos_propose_interval = 0.02
paxos_min_wait = 0.01
mon_data = $directory/monitor
mon_data_avail_crit = 1
mon_allow_pool_size_one = true

osd_data = $directory/osd
osd_objectstore = memstore
memstore_device_bytes = 4294967296
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 1
osd_pool_default_pgp_num = 1
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0

rgw_data = $directory/gateway
rgw_frontends = beast endpoint=127.0.0.1:$gateway_port tcp_nodelay=1
rgw_thread_pool_size = 64
CONF

mkdir "$directory/monitor" "$directory/osd" "$directory/gateway"
{
  ceph-authtool --create-keyring "$directory/keyring" --gen-key -n mon. --cap mon 'allow *'
  ceph-authtool "$directory/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *'
  ceph-authtool "$directory/keyring" --gen-key -n osd.0 --cap mon 'allow profile osd' --cap osd 'allow *'
  monmaptool --create --fsid "$cluster" --addv a "[${monitor_address%/0}]" "$directory/monmap"
  ceph-mon -i a --mkfs --keyring "$directory/keyring" --monmap "$directory/monmap"
} >"$directory/prepare.out" 2>&1 || { cat "$directory/prepare.out" >&2; exit 1; }
background monitor ceph-mon -i a -f

# Each waits for what it needs before.
limit=(timeout "$patience")
{
  "${limit[@]}" ceph osd create "$osd" 0
  ceph-osd -i 0 --mkfs --osd-uuid "$osd"
} >>"$directory/prepare.out" 2>&1 </dev/null || { cat "$directory/prepare.out" >&2; exit 1; }
background osd ceph-osd -i 0 -f
"${limit[@]}" radosgw-admin user create --uid=tests --display-name=tests --access-key="$access_key" --secret-key="$secret_key" \
  --max-buckets=0 >>"$directory/prepare.out" 2>&1 </dev/null || { cat "$directory/prepare.out" >&2; exit 1; }
background gateway radosgw -n client.admin -f

for ((try = 0; try < patience * 20; try++)); do
  kill -0 "${children[@]}" 2>/dev/null || break
  if (exec 3<>"/dev/tcp/127.0.0.1/$gateway_port") 2>/dev/null; then
    echo ready
    # Ends with whoever started this, however that ends.
    cat >/dev/null
    exit 0
  fi
  sleep 0.05
done
echo "radosgw.sh: the gateway does not answer" >&2
tail -n 20 "$directory"/*.out "$directory"/client.admin.log >&2
exit 1
