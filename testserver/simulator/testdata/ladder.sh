#!/bin/sh
# Walks a webhook of Civo's through the whole ladder of retries, with curl alone.
#
#	sh ladder.sh http://127.0.0.1:8484 http://127.0.0.1:9000/webhooks
#
# The first argument is a simulator of Civo with a manual clock, the second a receiver that answers 500.
set -eu

simulator=$1 receiver=$2

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# call METHOD PATH [BODY]: prints the answer; an error of the simulator's is a failure.
call() {
	method=$1 path=$2
	shift 2
	[ $# -eq 0 ] || set -- --data-raw "$1" -H 'Content-Type: application/json'
	curl -sS --fail --max-time 30 --noproxy '*' -X "$method" -H 'Authorization: bearer some-key' "$@" "$simulator$path" ||
		fail "$method $path"
}

# holds TEXT WANT: the text has this in it.
holds() {
	case $1 in
	*"$2"*) ;;
	*) fail "no $2 in $1" ;;
	esac
}

# text JSON MEMBER: a member that is a text, and the only one of its name.
text() {
	printf '%s\n' "$1" | sed -n "s/.*\"$2\":\"\([^\"]*\)\".*/\1/p"
}

webhook=$(call POST /v2/webhooks "{\"url\":\"$receiver\",\"events\":[\"instance.created\"]}")
holds "$webhook" '"disabled":false'
id=$(text "$webhook" id)
secret=$(text "$webhook" secret)
[ ${#id} -eq 36 ] || fail "the id is $id"
[ ${#secret} -eq 32 ] || fail "the secret has ${#secret} letters"
echo "subscribed: a secret of ${#secret} letters was made up"

sent=$(call POST /_sim/v1/events '{"type":"instance.created"}')
holds "$sent" '"state":"pending"'
holds "$sent" '"timeline":"0s 500"'
delivery=$(printf '%s\n' "$sent" | sed 's/.*"id":"\(dlv_[0-9]*\)".*/\1/')
echo "sent: the first attempt of $delivery failed"

attempt=1
while [ $attempt -lt 6 ]; do
	holds "$(call GET /v2/webhooks)" '"disabled":false'
	attempt=$((attempt + 1))
	holds "$(call POST /_sim/v1/clock/advance '{"to":"next"}')" "\"number\":$attempt,"
	holds "$(call GET /v2/webhooks)" "\"failures\":$attempt,\"last_failure_reason\":\"answered 500\""
	echo "advanced: attempt $attempt failed"
done
holds "$(call GET /v2/webhooks)" '"disabled":true'
echo "disabled: after $attempt failures"

webhook=$(call PUT "/v2/webhooks/$id" "{\"url\":\"$receiver\",\"events\":[\"instance.created\"]}")
holds "$webhook" '"disabled":false,"failures":0,"last_failure_reason":""'
[ "$(text "$webhook" secret)" = "$secret" ] || fail "the update changed the secret"
echo "updated: enabled, with the secret of before"

shown=$(call GET "/_sim/v1/deliveries/$delivery")
holds "$shown" '"state":"exhausted"'
echo "timeline: $(text "$shown" timeline)"

drawn=$(call GET "/_sim/v1/deliveries/$delivery/timeline.svg")
echo "drawn: $(printf '%s\n' "$drawn" | sed -n 's/.*<title id="timeline-title">\([^<]*\)<.*/\1/p')"
