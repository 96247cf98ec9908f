import { expect, it } from 'vitest'
import { decodeBase64 } from '../../base/index.ts'
import { sshFingerprint } from './index.ts'

it.each([
  [
    'P-256',
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEpVBRhMPTg/zHAY2ei2EJzJnObCDN+pPEJffeudHvnA2T4odXjWryz6LQFKSEOA0Yw3gVYpa/d3F4VPKT1xjD0w==',
    'SHA256:KwNASsocWi5IDt0bzq8EiO6Ud3K5+0FzPDuYVyyIg+M',
  ],
  [
    'P-384',
    'MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEX0mJJrsINHaBS4Vj+UJhiV+/7s9Pt41qP7gsvChsRuImWMkkp3dyzwVx51/PxbaEusRhhHTazgSvcBbn66JJGwPSAfqqWHUBWWugDuibMpLwj6aEylyYlWLFTOrpRona',
    'SHA256:gZgWXev0t2J+xaWE7vKJmKiUTCpahDFrnbl4Zw6T7v0',
  ],
  [
    'P-521',
    'MIGbMBAGByqGSM49AgEGBSuBBAAjA4GGAAQAuPSNIx2aPaIhfZ14cvS686pgZyooE+Z+XSjGXmzOBcmDXEK7p2lHpEHDD9ZA3/8c0IdkxyW1vHEj70zgOVDoSE4BfkZ1MB5hNNRuB4xTSerHLMZfl8lsATYUfO6nQj3CXBry+AOFEBJhpFxC2UVw92CRoBu5W8q/GPUfzO7nrZGISMw=',
    'SHA256:Lk5inHAoYN8D21y34/a73cRimtCJdFSY8DcKq6FyHJw',
  ],
  [
    'RSA',
    'MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAo/tIp8soUoraBTk/FieBGenSFLjQaO235HOv4gziCzWZ8KPL4Y12ykxQWcYJ0cNupkw3wrO8vvRymN3Iw+EunZb50qPdfgWQFDB568aoYlh6JydkRKEZis6HI07rfZlkf3pZFPsgBt/grCc99y+bxzBRr4vY6+R6eURrN/jeZsJQkGeh9nljxY6pUMKMlDHN3Z4nzEZmwc92lZXljgkZCiuHUlZxy5HSWAZZRmIRcGnAOun+oNb+SFuOq0FX05U7k1aqrp1sxb1tKYLjB3z01W99aKtQmsmW8RVF7mVxaiz2UJWJk93XUxZLQm3LVMqrlFMOLJvf5MDaZLXc81sX4wIDAQAB',
    'SHA256:1xaxzCzl0KHLP/prP2RnqeGMI1GJIiO9ERzvu5MC8lk',
  ],
  [
    'Ed25519',
    'MCowBQYDK2VwAyEA0qH+3Z1aOWdmqyeANGXD+S6sCmhyWw+XMH2XmN6K5w0=',
    'SHA256:ZJb0giN9A43Wrl+B9ImoqktePE22/2fAPFZ/IxtGzXs',
  ],
])('a key of %s has the fingerprint that ssh-keygen shows', (_kind, spki, shown) => {
  expect(sshFingerprint(decodeBase64(spki))).toBe(shown)
})
