# shellcheck shell=bash
#
# How to call the sandbox, as ./run prints it; a test runs every line.

# how_to_call GRPC_PORT ISSUER_PORT: lines for a shell in the root of the repository. An answer of the issuer has several lines.
how_to_call() {
  cat <<TEXT
  token    TOKEN=\$(curl -s http://127.0.0.1:$2/connect/token -d grant_type=client_credentials \\
             -d client_id=dr-martin -d client_secret=sandbox | sed -n 's/.*"access_token": *"\\([^"]*\\)".*/\\1/p')
  call     grpcurl -plaintext -H "authorization: Bearer \$TOKEN" -d '{}' \\
             127.0.0.1:$1 dmp.record.v1.RecordService/ListRecords
  or       .config/buf/node_modules/.bin/buf curl --schema . --protocol grpc -H "authorization: Bearer \$TOKEN" -d '{}' \\
             http://127.0.0.1:$1/dmp.record.v1.RecordService/ListRecords    # buf is there after ./test
TEXT
}
