import { afterEach, expect, it } from 'vitest'
import { silenceSqliteWarning } from './warnings.ts'

const original = Object.getOwnPropertyDescriptor(process, 'emitWarning') ?? {}
afterEach(() => void Object.defineProperty(process, 'emitWarning', original))

it('drops the warning about SQLite and no other', () => {
  const seen: unknown[] = []
  process.emitWarning = (warning: unknown): void => void seen.push(warning)
  silenceSqliteWarning()
  process.emitWarning('SQLite is an experimental feature and might change at any time', 'ExperimentalWarning')
  process.emitWarning('SQLite is an experimental feature', 'DeprecationWarning')
  process.emitWarning('Fetch is an experimental feature', 'ExperimentalWarning')
  expect(seen).toEqual(['SQLite is an experimental feature', 'Fetch is an experimental feature'])
})
