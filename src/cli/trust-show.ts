import { Command } from 'commander'
import type { TrustReport, TrustSource } from '../client/index.ts'
import { createTerminal, inParagraphs } from './terminal.ts'
import { trustOf, withSource } from './trust-source.ts'

interface Options extends TrustSource {
  readonly json?: boolean
}

export function showCommand(): Command {
  const command = new Command('show').description(
    'Shows which keys and certificates clients of an instance trust, how long they are valid, and what expires next.',
  )
  return withSource(command)
    .option('--json', 'print {"url":…}')
    .addHelpText('after', '\nExample: wheelseal trust show --url http://127.0.0.1:7711')
    .action(async (options: Options) => {
      const { report } = await trustOf(options)
      const shown = await report()
      createTerminal(options).output(shown, () => inWords(shown))
    })
}

/** What a person should know before trusting it. */
export function inWords(report: TrustReport): readonly string[] {
  const { url, fingerprint } = report
  const paragraphs = [
    [`trust of ${url}`, `fingerprint ${fingerprint}`],
    [
      'One operator runs the issuer, the certificate authority, the logs and the',
      'timestamp authority: anyone with the keys of this server can sign as any of',
      'its identities, with any time. The logs have no independent monitors.',
    ],
    ['trusted', ...report.trusted.flatMap((key) => trustedLines(key))],
    ['expires', ...report.expires.map((expiry) => expiryLine(expiry)), nextLine(report)],
    ...(report.rootKeys === null ? [] : [rootKeyLines(report.rootKeys)]),
  ]
  return inParagraphs(paragraphs)
}

function trustedLines({ what, sha256, from, until }: TrustReport['trusted'][number]): readonly string[] {
  const times = from === null ? 'no expiry' : `from ${from} until ${until}`
  return [`  ${what}, ${times}`, `    sha256 ${sha256}`]
}

function expiryLine({ what, at, renewed }: TrustReport['expires'][number]): string {
  return `  ${at}  ${what}${renewed ? ' (renewed by the server)' : ''}`
}

function nextLine({ expires }: TrustReport): string {
  const next = expires.find(({ renewed }) => !renewed)
  return `  next to renew by hand: ${next?.what ?? 'none'}, ${next?.at ?? ''}`
}

function rootKeyLines({
  here = [],
  elsewhere = [],
}: NonNullable<TrustReport['rootKeys']>): readonly string[] {
  return [
    'root keys',
    ...(here.length === 0 ? [] : [`  in the data directory: ${here.join(', ')}`]),
    ...(elsewhere.length === 0 ? [] : [`  not in the data directory: ${elsewhere.join(', ')}`]),
    ...(here.length === 0
      ? []
      : ["  'wheelseal trust offline DIR' moves them elsewhere; the server runs without them"]),
  ]
}
