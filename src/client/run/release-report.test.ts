import { expect, it } from 'vitest'
import type { PublishedFile, TrustFiles } from '../../http/index.ts'
import { reportRelease } from './release-report.ts'

const file: PublishedFile = {
  id: 1,
  name: 'hello-tools',
  version: '1.0',
  fileName: 'hello_tools-1.0.tar.gz',
  sha256: 'a'.repeat(64),
  sizeBytes: 7,
  publishedAtMs: 5,
  url: 'https://seal.example/hello_tools-1.0.tar.gz',
  signature: null,
  certificate: null,
  hasBundle: false,
}
const check = {
  trust: {} as TrustFiles,
  identity: 'https://seal.example/acme/tools//.gitlab-ci.yml@refs/heads/main',
  log: {
    find: () => Promise.reject(new Error('the log is not asked')),
    append: () => Promise.reject(new Error('nothing is logged')),
  },
}

interface Beside {
  readonly files: Partial<PublishedFile>
  readonly isSigned: boolean
  readonly sentence: RegExp
}

const BESIDE: Readonly<Record<string, Beside>> = {
  'nothing beside it': { files: {}, isSigned: false, sentence: /0\.tar\.gz is published but not signed/ },
  'a bundle': {
    files: { hasBundle: true },
    isSigned: true,
    sentence: /is signed with a bundle, which was not/,
  },
  'a signature only': {
    files: { signature: 'c2ln' },
    isSigned: true,
    sentence: /is refused: .*\.crt is missing, but .*\.sig is there/,
  },
  'a certificate only': {
    files: { certificate: 'Y3J0' },
    isSigned: true,
    sentence: /is refused: .*\.sig is missing, but .*\.crt is there/,
  },
  'a pair that is none': {
    files: { signature: 'c2ln', certificate: 'Y3J0' },
    isSigned: true,
    sentence: /is refused: /,
  },
}

it.each(Object.entries(BESIDE))(
  'a published file with %s is reported as what it is',
  async (_what, beside) => {
    const { files, isSigned, sentence } = beside
    const [report] = await reportRelease([{ ...file, ...files }], check)
    const verdict = expect.stringMatching(sentence) as string
    expect(report).toMatchObject({ isSigned, isVerified: false, verdict })
  },
)
