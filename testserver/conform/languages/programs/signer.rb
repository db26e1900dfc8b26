# Signs and verifies webhooks with Ruby's OpenSSL::HMAC: see program_test.go for what is asked and answered.
require "base64"
require "json"
require "openssl"

# provider => header, hash, what stands before the digits
SCHEMES = {
  "civo" => ["x-civo-signature", "SHA1", ""],
  "mixpost" => ["x-signature", "SHA256", ""],
  "cdhosting" => ["x-cdhosting-signature", "SHA256", ""],
  "github" => ["x-hub-signature-256", "SHA256", "sha256="],
}.freeze

def standard(secret, headers, body)
  key = Base64.strict_decode64(secret.delete_prefix("whsec_"))
  signed = "#{headers["webhook-id"]}.#{headers["webhook-timestamp"]}.".b + body
  "v1," + Base64.strict_encode64(OpenSSL::HMAC.digest("SHA256", key, signed))
end

def sign(provider, secret, headers, body)
  if provider == "standardwebhooks"
    headers = headers.merge("webhook-timestamp" => Time.now.to_i.to_s)
    return headers.merge("webhook-signature" => standard(secret, headers, body))
  end
  name, hash, prefix = SCHEMES.fetch(provider)
  headers.merge(name => prefix + OpenSSL::HMAC.hexdigest(hash, secret, body))
end

def verified(provider, secret, headers, body)
  if provider == "standardwebhooks"
    return false if (Time.now.to_i - Integer(headers.fetch("webhook-timestamp"))).abs > 300
    expected = standard(secret, headers, body)
    return headers.fetch("webhook-signature", "").split(" ").any? { |one| OpenSSL.secure_compare(one, expected) }
  end
  name, hash, prefix = SCHEMES.fetch(provider)
  OpenSSL.secure_compare(prefix + OpenSSL::HMAC.hexdigest(hash, secret, body), headers.fetch(name, ""))
end

$stdout.sync = true
$stdin.each_line do |line|
  asked = JSON.parse(line)
  of = [asked["provider"], asked["secret"], asked["headers"], Base64.strict_decode64(asked["body"])]
  puts JSON.generate(asked["do"] == "sign" ? { headers: sign(*of) } : { verified: verified(*of) })
end
