import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** The licences of the libraries whose code is in a build, as comments to put behind it: they ask to go with every copy. */
export function noticesOf(root: string, { inputs }: Metafile): string {
  const packages = Object.keys(inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  )
  const byText = new Map<string, string[]>()
  for (const name of [...new Set(packages)].toSorted()) {
    const text = licenceOf(join(root, 'node_modules', name))
    byText.set(text, [...(byText.get(text) ?? []), name])
  }
  return [...byText].map(([text, names]) => comment(`${names.join(', ')}\n\n${text}`)).join('//\n')
}

function licenceOf(folder: string): string {
  const names = readdirSync(folder).filter((name) => /^(?:licen[cs]e|notice)/i.test(name))
  if (names.length === 0) throw new Error(`${folder} has no licence file`)
  return names
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n')
}

function comment(text: string): string {
  return (
    text
      // In ASCII Node keeps a file with one byte a character, and reads it faster.
      .replaceAll('\u00a9', '(c)')
      .replaceAll(/[\u201c\u201d]/g, '"')
      .normalize('NFKD')
      .replaceAll(/[^\n -~]/g, '')
      .split('\n')
      .map((line) => `// ${line}`.trimEnd() + '\n')
      .join('')
  )
}

/** What `noticesOf` put behind a program, as text. */
export function noticesIn(program: string): string {
  const lines = program.trimEnd().split('\n')
  const code = lines.findLastIndex((line) => !line.startsWith('//'))
  return lines
    .slice(code + 1)
    .map((line) => line.replace(/^\/\/ ?/, ''))
    .join('\n')
}
