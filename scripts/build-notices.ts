import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metafile } from 'esbuild'

/** The licences of the libraries whose code is in a build: they ask to go with every copy. */
export function noticesOf(root: string, { inputs }: Metafile): string {
  const packages = Object.keys(inputs).flatMap(
    (path) => /node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [],
  )
  const byText = new Map<string, string[]>()
  for (const name of [...new Set(packages)].toSorted()) {
    const text = licenceOf(join(root, 'node_modules', name))
    byText.set(text, [...(byText.get(text) ?? []), name])
  }
  return [...byText].map(([text, names]) => `${names.join(', ')}\n\n${text}\n`).join('\n')
}

function licenceOf(folder: string): string {
  const names = readdirSync(folder).filter((name) => /^(?:licen[cs]e|notice)/i.test(name))
  if (names.length === 0) throw new Error(`${folder} has no licence file`)
  return names
    .toSorted()
    .map((name) => readFileSync(join(folder, name), 'utf8').trim())
    .join('\n\n')
}

/** To put behind a program. */
export function comment(text: string): string {
  return (
    text
      .trimEnd()
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
