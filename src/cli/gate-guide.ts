import { setUpLines } from '../gate/index.ts'

/** What installers are given as their only index. */
export function gateUrls(url: string, gates: readonly string[]): readonly string[] {
  return gates.map((name) => `${url}/gate/${name}/simple/`)
}

/** What people do next: one line for each installer, and what would pass the gate by. */
export function gateGuide(url: string, gates: readonly string[]): readonly string[] {
  const lines = gates.flatMap((name) => {
    const index = `${url}/gate/${name}/simple/`
    const setUp = setUpLines(index).map(({ installer, line }) => `  ${installer.padEnd(8)}${line}`)
    return [`gate ${name} at ${index}`, ...setUp]
  })
  return [...lines, 'the only index: an extra one would pass it by']
}
