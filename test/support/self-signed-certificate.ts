// Made for these tests with `openssl req -x509`, for 127.0.0.1 and localhost; it protects nothing.

/** Private key of a certificate that nobody trusts. */
export const KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgecioZ0eqorI0/xa2
kotXhA2FDLaAR54sKfK4dWzSHcKhRANCAARwZK9/XdhFjG2RWlVLjmnY59MkkXja
u1GIw76KwtD4O2SvMO21fT9DE/yr5/ikQ3Aq0RyRgrJXKqtqBC8SrvJG
-----END PRIVATE KEY-----
`;

/** A certificate for the loopback address that nobody trusts. */
export const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIULqgHK9UbhtsvafLy/Y9pkubYz/0wCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJMTI3LjAuMC4xMCAXDTI2MTEyNDA2NDMyNVoYDzIxMjYxMDMx
MDY0MzI1WjAUMRIwEAYDVQQDDAkxMjcuMC4wLjEwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAARwZK9/XdhFjG2RWlVLjmnY59MkkXjau1GIw76KwtD4O2SvMO21fT9D
E/yr5/ikQ3Aq0RyRgrJXKqtqBC8SrvJGo28wbTAdBgNVHQ4EFgQUEr5zahlgHTyD
n3bBdO/hCCSUr+4wHwYDVR0jBBgwFoAUEr5zahlgHTyDn3bBdO/hCCSUr+4wDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARhwR/AAABgglsb2NhbGhvc3QwCgYIKoZI
zj0EAwIDSAAwRQIgKbWsv+2Mv1xhdQBQ4X6PB8K+nCKj72lG8JCTYIv2dkECIQCM
RsJJ19ZHKE5X58WIcSju+IhWA7WR6qbc8IlV3UthUw==
-----END CERTIFICATE-----
`;
