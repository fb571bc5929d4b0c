# Starts PostgreSQL for one test program and waits for the end of its standard
# input: the test program holds the other end and never writes, so the end comes
# when it is gone, however that happened. $1: PostgreSQL's programs; $2: a folder.
umask 077
exec 2>"$2/keeper.log"
clean() {
	trap '' HUP INT TERM
	"$1/pg_ctl" stop --pgdata="$2/data" --mode=immediate --silent # nothing here is worth keeping
	rm -rf "$2"
}
trap 'clean "$@"; exit 1' HUP INT TERM

"$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 \
	--no-sync --no-instructions >&2 &&
	"$1/pg_ctl" start --pgdata="$2/data" --wait --silent --log="$2/server.log" --options="-k $2 \
		-c listen_addresses= -c max_connections=300 -c shared_buffers=32MB -c fsync=off \
		-c full_page_writes=off -c synchronous_commit=off -c autovacuum=off" </dev/null >&2
if [ $? -ne 0 ]; then
	cat "$2"/*.log
	clean "$@"
	exit 1
fi
echo ready
read -r nothing
clean "$@"
