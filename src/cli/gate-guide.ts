/** What people do next: one line for each installer, and what would pass the gate by. */
export function gateGuide(url: string, gates: readonly string[]): readonly string[] {
  const lines: string[] = []
  for (const name of gates) {
    const index = `${url}/gate/${name}/simple/`
    lines.push(
      `gate ${name} at ${index}`,
      `  pip     pip config set global.index-url ${index}`,
      `  uv      export UV_DEFAULT_INDEX=${index}`,
      `  pdm     pdm config pypi.url ${index}`,
      `  poetry  poetry source add --priority=primary gate ${index}`,
    )
  }
  return [...lines, 'the only index: an extra one would pass it by']
}
