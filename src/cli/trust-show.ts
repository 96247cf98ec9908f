import { Command } from 'commander'
import type { TrustReport, TrustSource } from '../app/index.ts'
import { createTerminal, inParagraphs } from './terminal.ts'
import { trustOf, withSource } from './trust-source.ts'

interface Options extends TrustSource {
  readonly json?: boolean
}

export function showCommand(): Command {
  const command = new Command('show').description(
    'Says in words what clients of an instance trust, from when to when, and what expires next.',
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
      'One operator stands behind identity, log and time: whoever holds the keys of',
      'this server can make a seal in any name of it, at any time, and nobody else',
      'watches its log.',
    ],
    ['trusted', ...report.trusted.flatMap((key) => trustedLines(key))],
    ['expires', ...report.expires.map((expiry) => expiryLine(expiry)), nextLine(report)],
    ...(report.rootKeys === null ? [] : [rootKeyLines(report.rootKeys)]),
  ]
  return inParagraphs(paragraphs)
}

function trustedLines({ what, sha256, from, until }: TrustReport['trusted'][number]): readonly string[] {
  const times = from === null ? 'no end of its own' : `from ${from} until ${until}`
  return [`  ${what}, ${times}`, `    sha256 ${sha256}`]
}

function expiryLine({ what, at, renewed }: TrustReport['expires'][number]): string {
  return `  ${at}  ${what}${renewed ? ', which the server renews when clients ask' : ''}`
}

function nextLine({ expires }: TrustReport): string {
  const next = expires.find(({ renewed }) => !renewed)
  return `  the next one that somebody must renew: ${next?.what ?? 'none'}, ${next?.at ?? ''}`
}

function rootKeyLines({
  here = [],
  elsewhere = [],
}: NonNullable<TrustReport['rootKeys']>): readonly string[] {
  return [
    'keys of the roots',
    ...(here.length === 0 ? [] : [`  in the data directory: ${here.join(', ')}`]),
    ...(elsewhere.length === 0 ? [] : [`  not in the data directory: ${elsewhere.join(', ')}`]),
    ...(here.length === 0
      ? []
      : ["  'wheelseal trust offline DIR' takes them away; the server does not need them"]),
  ]
}
