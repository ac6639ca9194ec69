#!/bin/sh
# Makes the certificates of these tests anew: an authority, what a Sentinel shows (as a server and
# as a client), what a mere client shows, and a stranger whom the authority does not know. They hold
# for a hundred years. Needs openssl 3; run it in this directory and commit what it makes.
set -eu
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
: >"$temporary/index"
cat >"$temporary/ca.conf" <<END
[ca]
default_ca = it
[it]
database = $temporary/index
new_certs_dir = $temporary
rand_serial = yes
default_md = sha256
policy = any
unique_subject = no
[any]
commonName = supplied
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = serverAuth, clientAuth
subjectAltName = DNS:localhost, IP:127.0.0.1
[client]
basicConstraints = CA:FALSE
keyUsage = digitalSignature
extendedKeyUsage = clientAuth
END

request() { # name
    openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"
    openssl req -new -key "$1.key" -subj "/CN=minisentinel tests: $1" -out "$temporary/$1.csr"
}
sign() { # name, section, more
    name=$1 section=$2
    shift 2
    openssl ca -batch -config "$temporary/ca.conf" -extensions "$section" -notext \
        -startdate 20200101000000Z -enddate 21200101000000Z \
        -in "$temporary/$name.csr" -out "$name.crt" "$@"
}

request ca
sign ca authority -selfsign -keyfile ca.key
request server
sign server server -cert ca.crt -keyfile ca.key
request client
sign client client -cert ca.crt -keyfile ca.key
request stranger
sign stranger server -selfsign -keyfile stranger.key
openssl pkcs8 -topk8 -in server.key -out server-locked.key -v2 aes-256-cbc -passout pass:secret
rm ca.key
