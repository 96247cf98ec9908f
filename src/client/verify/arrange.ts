/** For tests only: files in memory, and the log of `verify/arrange.ts` behind the Http port. */
import { baseErrors, encodeBase64, utf8, WheelsealError, type Files, type Http } from '../../base/index.ts'
import {
  formatLogEntry,
  writeCertificateFile,
  writeSignatureFile,
  type LogEntry,
} from '../../formats/sigstore/index.ts'
import { systemClock } from '../../host/index.ts'
import { entry, intermediate, ISSUER, keys, leaf, NOW, root, SAN, signature } from '../../verify/arrange.ts'
import { exactly } from '../../verify/index.ts'
import { sha256 } from '../../base/index.ts'
import type { VerifyIo, VerifyPlan } from './index.ts'

export const LOG_URL = 'https://rekor.example'
export const WHEEL = 'dist/demo-1.0-py3-none-any.whl'

const start = new Date((NOW - 1000) * 1000).toISOString().replace('.000Z', 'Z')
const key = (spki: Uint8Array): object => ({
  baseUrl: LOG_URL,
  hashAlgorithm: 'SHA2_256',
  publicKey: { rawBytes: encodeBase64(spki), keyDetails: 'PKIX_ECDSA_P256_SHA_256', validFor: { start } },
  logId: { keyId: encodeBase64(sha256(spki)) },
})

export const trustedRoot = {
  mediaType: 'application/vnd.dev.sigstore.trustedroot+json;version=0.1',
  tlogs: [key(keys.log.spki)],
  certificateAuthorities: [
    {
      subject: { organization: 'example.test', commonName: 'root' },
      uri: 'https://fulcio.example',
      certChain: { certificates: [intermediate, root].map(({ der }) => ({ rawBytes: encodeBase64(der) })) },
      validFor: { start },
    },
  ],
  ctlogs: [key(keys.ct.spki)],
  timestampAuthorities: [],
}

/** The wheel of `verify/arrange.ts` with its pair, and a trust root. */
export function sealedFiles(): Map<string, Uint8Array> {
  return new Map([
    [WHEEL, utf8('the bytes of a wheel')],
    [`${WHEEL}.sig`, writeSignatureFile(signature)],
    [`${WHEEL}.crt`, writeCertificateFile(leaf.der)],
    ['trusted_root.json', utf8(JSON.stringify(trustedRoot))],
  ])
}

export const plan: VerifyPlan = {
  targets: [{ kind: 'file', path: WHEEL }],
  seal: { kind: 'beside' },
  trust: { kind: 'file', path: 'trusted_root.json' },
  expectation: {
    kind: 'policy',
    policy: { anyOf: [{ san: exactly(SAN), issuer: exactly(ISSUER) }] },
  },
  network: 'allowed',
  origins: [],
  leftOut: [],
}

export interface TestIo extends VerifyIo {
  readonly asked: string[]
}

export function ioWith(
  files: ReadonlyMap<string, Uint8Array>,
  entries: readonly LogEntry[] = [entry],
): TestIo {
  const asked: string[] = []
  const memory = memoryFiles(files)
  return {
    files: memory,
    http: logWith(entries, asked),
    clock: systemClock,
    cacheFolder: '/',
    standardInput: () => memory.stream('-'),
    asked,
  }
}

function memoryFiles(files: ReadonlyMap<string, Uint8Array>): Files {
  const get = (path: string): Uint8Array => {
    const bytes = files.get(path)
    if (bytes !== undefined) return bytes
    throw new WheelsealError('host.file', `${path}: no such file`, {
      status: 500,
      exit: 1,
      summary: '',
      hint: 'x',
    })
  }
  const read = async (path: string, maxBytes: number): Promise<Uint8Array> => {
    const bytes = get(path)
    if (bytes.length > maxBytes) throw baseErrors('base.too-large', path)
    return bytes
  }
  return {
    read,
    stream: async function* stream(path) {
      yield get(path)
    },
    readIfThere: async (path, maxBytes) => (files.has(path) ? read(path, maxBytes) : undefined),
    exists: async (path) => files.has(path),
    writeAtomic: () => Promise.reject(new Error('nothing is written')),
    remove: () => Promise.reject(new Error('nothing is removed')),
  }
}

function logWith(entries: readonly LogEntry[], asked: string[]): Http {
  return {
    request: async ({ url }) => {
      asked.push(url)
      const text = JSON.stringify(entries.map((one) => formatLogEntry(one)))
      return {
        status: 200,
        headers: {},
        body: (async function* body() {
          yield utf8(text)
        })(),
        bytes: async () => utf8(text),
        text: async () => text,
      }
    },
  }
}
