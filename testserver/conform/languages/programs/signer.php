<?php
// Signs and verifies webhooks with PHP's hash_hmac and hash_equals: see program_test.go for what is asked and answered.

// provider => header, hash, what stands before the digits
const SCHEMES = [
    'civo' => ['x-civo-signature', 'sha1', ''],
    'mixpost' => ['x-signature', 'sha256', ''],
    'cdhosting' => ['x-cdhosting-signature', 'sha256', ''],
    'github' => ['x-hub-signature-256', 'sha256', 'sha256='],
];

function standard(string $secret, array $headers, string $body): string
{
    $key = base64_decode(preg_replace('/^whsec_/', '', $secret), true);
    $signed = $headers['webhook-id'] . '.' . $headers['webhook-timestamp'] . '.' . $body;
    return 'v1,' . base64_encode(hash_hmac('sha256', $signed, $key, true));
}

function sign(string $provider, string $secret, array $headers, string $body): array
{
    if ($provider === 'standardwebhooks') {
        $headers['webhook-timestamp'] = (string) time();
        $headers['webhook-signature'] = standard($secret, $headers, $body);
        return $headers;
    }
    [$name, $hash, $prefix] = SCHEMES[$provider];
    $headers[$name] = $prefix . hash_hmac($hash, $body, $secret);
    return $headers;
}

function verified(string $provider, string $secret, array $headers, string $body): bool
{
    if ($provider === 'standardwebhooks') {
        if (abs(time() - (int) $headers['webhook-timestamp']) > 300) {
            return false;
        }
        $expected = standard($secret, $headers, $body);
        $same = array_filter(explode(' ', $headers['webhook-signature'] ?? ''), fn ($one) => hash_equals($expected, $one));
        return $same !== [];
    }
    [$name, $hash, $prefix] = SCHEMES[$provider];
    return hash_equals($prefix . hash_hmac($hash, $body, $secret), $headers[$name] ?? '');
}

while (($line = fgets(STDIN)) !== false) {
    $asked = json_decode($line, true, 512, JSON_THROW_ON_ERROR);
    $of = [$asked['provider'], $asked['secret'], $asked['headers'], base64_decode($asked['body'], true)];
    echo json_encode($asked['do'] === 'sign' ? ['headers' => sign(...$of)] : ['verified' => verified(...$of)], JSON_THROW_ON_ERROR), "\n";
}
