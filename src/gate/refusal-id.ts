import { sha256Hex, utf8 } from '../base/index.ts'
import type { JudgedFile } from './facts.ts'

const HEX_DIGITS = 8

/**
 * The same for the same refusal, also after a restart: over the gate, the file by its digest (by its name where it has
 * none), the code and who signed. Lower-case hex.
 */
export function refusalId(refused: {
  readonly gate: string
  /** Left out where a whole name is refused. */
  readonly judged?: JudgedFile
  readonly name: string
  readonly code: string
}): string {
  const { gate, judged, name, code } = refused
  const what = judged === undefined ? `name ${name}` : (judged.file.sha256 ?? `file ${judged.file.fileName}`)
  const parts = [gate, what, code, judged === undefined ? '' : identityFound(judged)]
  return sha256Hex(utf8(JSON.stringify(parts))).slice(0, HEX_DIGITS)
}

/** Of the first seal that holds; empty where none does. */
function identityFound({ seals }: JudgedFile): string {
  const verdicts = seals.kind === 'judged' ? seals.verdicts : []
  const first = verdicts.find((one) => one.holds)
  return first === undefined ? '' : `${first.identity.issuer} ${first.identity.san}`
}
