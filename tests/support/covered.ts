import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { root } from './program.ts'

/** An attack that another test makes: where it stands, and what it is called there. */
export type Covered = readonly [file: string, title: string]

/** It is still there, and runs. */
export async function expectCovered(all: readonly Covered[]): Promise<void> {
  for (const [file, title] of all) {
    const text = await readFile(join(root, file), 'utf8')
    const line = text.split('\n').find((one) => one.includes(title))
    expect(line, `${file}: ${title}`).toBeDefined()
    expect(line, `${file}: ${title}`).not.toMatch(/\b(?:skip|todo|fails)\b/)
  }
}
