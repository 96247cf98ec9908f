import * as v from 'valibot'
import { parseJson, printable, WheelsealError } from '../../../base/index.ts'
import { failed, ok, skipped, warning, type Check, type Finding } from '../check.ts'
import { shownValue } from '../shown.ts'
import type { Facts } from '../facts.ts'

const Issuer = v.object({
  issuerUrl: v.optional(v.string(), ''),
  wildcardIssuerUrl: v.optional(v.string(), ''),
  audience: v.optional(v.string(), ''),
})
const Configuration = v.object({ issuers: v.array(Issuer) })

/** Whether the authority would take the token. It is asked whom it trusts, and for no certificate: that would be logged. */
export const signingCheck: Check = {
  name: 'signing',
  effectOf: ['settings', 'proxies', 'authorities', 'clock', 'services', 'keys', 'token'],
  look: async (facts) => {
    const claims = await facts.claims().catch(() => undefined)
    const answer = (await facts.answers()).find(({ service }) => service.kind === 'fulcio')
    if (facts.io.env['SIGSTORE_ID_TOKEN'] === undefined || facts.io.env['SIGSTORE_ID_TOKEN'] === '')
      return [skipped('there is no id token to sign with')]
    if (answer === undefined) return [noAuthority()]
    const url = shownValue(answer.service.url)
    if (claims === undefined || isOver(claims['exp'], facts))
      return [refused(url, 'the id token is not valid')]
    if ('error' in answer.reply || answer.reply.status !== 200)
      return [refused(url, 'the authority is not reached')]
    const issuers = issuersIn(answer.reply.text)
    if (issuers === undefined)
      return [
        warning({ fact: `${url} does not say which issuers it trusts`, next: 'check that it is a Fulcio' }),
      ]
    return [judge(claims, issuers, url)]
  },
}

function isOver(exp: unknown, { nowSeconds }: Facts): boolean {
  return typeof exp === 'number' && exp <= nowSeconds()
}

function noAuthority(): Finding {
  return failed({
    fact: 'there is an id token, and no certificate authority is configured',
    next: 'set WHEELSEAL_SIGNING_CONFIG to a signing_config.json, or WHEELSEAL_FULCIO_URL and WHEELSEAL_REKOR_URL',
  })
}

function refused(url: string, reason: string): Finding {
  return failed({
    fact: `signing would be refused by ${url}`,
    reason,
    next: 'resolve the failures above first',
  })
}

type Issuers = v.InferOutput<typeof Configuration>['issuers']

function judge(claims: Readonly<Record<string, unknown>>, issuers: Issuers, url: string): Finding {
  const { iss, aud } = claims
  const issuer = typeof iss === 'string' ? iss : ''
  const shown = printable(issuer, { maxLength: 300 })
  const trusted = issuers.find((one) => one.issuerUrl === issuer || matches(one.wildcardIssuerUrl, issuer))
  if (trusted === undefined)
    return failed({
      fact: `the certificate authority ${url} does not trust the issuer ${shown}`,
      reason:
        'public Fulcio trusts gitlab.com only; a private one trusts the issuers that are configured, character by character',
      next: `use an authority that trusts it: the operator adds [[issuers]] with url = "${shown}" to wheelseal.toml`,
    })
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (trusted.audience !== '' && !audiences.includes(trusted.audience))
    return failed({
      fact: `the certificate authority ${url} expects the audience ${printable(trusted.audience, { maxLength: 120 })} of this issuer, and the id token is for ${printable(JSON.stringify(aud ?? null), { maxLength: 120 })}`,
      next: `set aud: ${printable(trusted.audience, { maxLength: 120 })} under id_tokens of the job`,
    })
  return ok(`the certificate authority ${url} trusts the issuer of the id token`)
}

/** `https://*.example`: one label. */
function matches(pattern: string, issuer: string): boolean {
  const [before = '', after] = pattern.split('*')
  if (after === undefined || !issuer.startsWith(before) || !issuer.endsWith(after)) return false
  return /^[A-Za-z0-9-]+$/.test(issuer.slice(before.length, issuer.length - after.length))
}

function issuersIn(text: string): Issuers | undefined {
  try {
    const result = v.safeParse(Configuration, parseJson(text, { maxLength: 1 << 20 }))
    return result.success ? result.output.issuers : undefined
  } catch (error) {
    if (error instanceof WheelsealError) return undefined
    throw error
  }
}
