import { python } from './judges.ts'
import { runProgram } from './program.ts'

/** The simple index that this machine's pip uses, which only pip knows. */
export async function pipIndexUrl(): Promise<string> {
  const known = 'from pip._internal.models.index import PyPI; print(PyPI.simple_url)'
  const configured = await runProgram([python, '-m', 'pip', 'config', 'get', 'global.index-url'])
  const { stdout } = configured.code === 0 ? configured : await runProgram([python, '-c', known])
  return stdout.trim()
}
