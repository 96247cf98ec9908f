import { clientVerifyErrors } from '../client/verify/index.ts'
import type { WheelsealError } from '../base/index.ts'

/** The flags of `wheelseal verify` as commander gives them. */
export interface VerifyFlags {
  readonly bundle?: string
  readonly signature?: string
  readonly certificate?: string
  readonly provenance?: string
  readonly key?: string
  readonly trustedRoot?: string
  readonly tufUrl?: string
  readonly tufRoot?: string
  readonly certificateIdentity?: string
  readonly certificateIdentityRegexp?: string
  readonly certificateOidcIssuer?: string
  readonly certificateOidcIssuerRegexp?: string
  readonly project?: string
  readonly ref?: string
  readonly policy?: string
  readonly offline?: boolean
}

export function atMostOne(flags: Readonly<Record<string, string | undefined>>): void {
  const given = Object.entries(flags).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (given.length > 1)
    throw wrong(`${given.join(' and ')} cannot be used together`, 'use only one of these flags')
}

export function wrong(fact: string, hint?: string): WheelsealError {
  return clientVerifyErrors('client.verify-flags', fact, hint === undefined ? {} : { hint })
}
