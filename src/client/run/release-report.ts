import { decodeBase64, decodeHex, describeError } from '../../base/index.ts'
import { readCertificateFile, readSignatureFile } from '../../formats/sigstore/index.ts'
import type { PublishedFile, TrustFiles } from '../../http/index.ts'
import type { Admin } from '../../server/index.ts'
import { proposalFor, type EntryLog } from '../../sign/index.ts'
import { exactly, trustRootFromPem, verdictSentence, verifySeal, type Verdict } from '../../verify/index.ts'

export interface ReleasedFile extends PublishedFile {
  /** Whether anything was published that claims to be its signature. */
  readonly isSigned: boolean
  readonly isVerified: boolean
  readonly logIndex: number | undefined
  /** One sentence: who signed it, or why it is refused. */
  readonly verdict: string
}

export interface ReleaseCheck {
  readonly trust: TrustFiles
  readonly log: EntryLog
  readonly identity: string
}

/** Oldest first. What was published before is not asked for, however much it is. */
export async function publishedSince(
  admin: Admin,
  { path, sinceMs }: { readonly path: string; readonly sinceMs: number },
): Promise<readonly PublishedFile[]> {
  const files: PublishedFile[] = []
  for await (const file of admin.publishedFiles(path)) {
    if (file.publishedAtMs < sinceMs) break
    files.push(file)
  }
  return files.toReversed()
}

/** Verifies published files as a consumer would: the published signature and certificate, and the log's own word. */
export function reportRelease(
  files: readonly PublishedFile[],
  check: ReleaseCheck,
): Promise<readonly ReleasedFile[]> {
  return Promise.all(files.map((file) => reportFile(file, check)))
}

async function reportFile(file: PublishedFile, check: ReleaseCheck): Promise<ReleasedFile> {
  const { signature, certificate } = file
  if (signature === null && certificate === null) return withoutPair(file)
  if (signature === null)
    return refused(file, `${file.fileName}.sig is missing, but ${file.fileName}.crt is there`)
  if (certificate === null)
    return refused(file, `${file.fileName}.crt is missing, but ${file.fileName}.sig is there`)
  try {
    const verdict = await verify({ ...file, signature, certificate }, check)
    const { verified: isVerified, logIndex } = verdict
    const sentence = verdictSentence(verdict, file.fileName)
    return { ...file, isSigned: true, isVerified, logIndex, verdict: sentence }
  } catch (error) {
    return refused(file, describeError(error))
  }
}

async function verify(
  file: PublishedFile & { readonly signature: string; readonly certificate: string },
  { trust, log, identity }: ReleaseCheck,
): Promise<Verdict> {
  const seal = {
    signature: readSignatureFile(decodeBase64(file.signature)),
    certificate: readCertificateFile(decodeBase64(file.certificate)),
  }
  const sha256 = decodeHex(file.sha256)
  return verifySeal({
    artifact: { sha256 },
    seal: { ...seal, entries: await log.find(proposalFor({ ...seal, sha256 })) },
    trustRoot: trustRootFromPem({ certificates: trust.fulcio, rekorKey: trust.rekor, ctKey: trust.ctfe }),
    policy: { anyOf: [{ san: exactly(identity), issuer: exactly(trust.url) }] },
  })
}

/** Published and not signed is no refusal: there is nothing that could be refused. */
function withoutPair(file: PublishedFile): ReleasedFile {
  const verdict = file.hasBundle
    ? `${file.fileName} is signed with a bundle, which was not verified here: use wheelseal verify`
    : `${file.fileName} is published but not signed, so it cannot be verified`
  return { ...file, isSigned: file.hasBundle, isVerified: false, logIndex: undefined, verdict }
}

function refused(file: PublishedFile, why: string): ReleasedFile {
  const verdict = `${file.fileName} is refused: ${why}`
  return { ...file, isSigned: true, isVerified: false, logIndex: undefined, verdict }
}
