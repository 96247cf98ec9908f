import type { Ground } from '../decision.ts'
import type { JudgedFile } from '../facts.ts'
import type { Refused } from '../gate.ts'
import { refusalOf } from '../sentence.ts'
import type { Refusal } from '../store.ts'
import type { GateParts } from './parts.ts'

export interface RefusedFile extends Refused {
  readonly refusal: Refusal
}

/** What is refused: a file, or a whole name. */
export interface Refusing {
  readonly name: string
  readonly ground: Ground
  readonly judged?: JudgedFile
  /** JSON of all grounds. */
  readonly report?: string
}

/** What is said in place of bytes, and what is kept of it. */
export function refusedWith(
  { name: gate, url }: GateParts,
  { name, ground, judged, report = '{}' }: Refusing,
): RefusedFile {
  const file = judged === undefined ? {} : { judged }
  const { id, sentence } = refusalOf({ gate, name, ground, ...file, linkFor: (one) => `${url}/why/${one}` })
  const { code } = ground
  const { version = '', fileName = '' } = judged?.file ?? {}
  return {
    kind: 'refused',
    status: code === 'gate.upstream' ? 424 : 403,
    code,
    id,
    sentence,
    refusal: { id, gate, name, version, fileName, code, sentence, report },
  }
}
