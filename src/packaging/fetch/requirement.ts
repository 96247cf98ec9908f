import { WheelsealError } from '../../base/index.ts'
import { isName, normalizeName, parseVersion, type Version } from '../../formats/python/index.ts'
import { fetchErrors } from './errors.ts'

/** One exact version of one package. */
export interface Requirement {
  /** As it was given. */
  readonly text: string
  /** As they were spelled, for places that compare no normal form. */
  readonly spelledName: string
  readonly spelledVersion: string
  /** Normalised (PEP 503). */
  readonly name: string
  readonly version: Version
}

/** `NAME==VERSION` and nothing else: no extras, no range, no `==1.*`, no `===`. Throws `packaging.requirement`. */
export function parseRequirement(text: string): Requirement {
  const at = text.indexOf('==')
  const [spelledName, spelledVersion] = [text.slice(0, Math.max(at, 0)), text.slice(at + 2)]
  if (at < 0 || !isName(spelledName)) throw refusal(text)
  try {
    const version = parseVersion(spelledVersion)
    return { text, spelledName, spelledVersion, name: normalizeName(spelledName), version }
  } catch (cause) {
    if (!(cause instanceof WheelsealError)) throw cause
    throw refusal(text)
  }
}

function refusal(text: string): WheelsealError {
  return fetchErrors('packaging.requirement', `${JSON.stringify(text)} is not NAME==VERSION`)
}
