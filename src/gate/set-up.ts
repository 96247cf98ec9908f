/** How an installer is aimed at an index, once for each: the only index, since an extra one would pass the gate by. */
export function setUpLines(
  indexUrl: string,
): readonly { readonly installer: string; readonly line: string }[] {
  return [
    { installer: 'pip', line: `pip config set global.index-url ${indexUrl}` },
    { installer: 'uv', line: `export UV_DEFAULT_INDEX=${indexUrl}` },
    { installer: 'pdm', line: `pdm config pypi.url ${indexUrl}` },
    { installer: 'poetry', line: `poetry source add --priority=primary gate ${indexUrl}` },
  ]
}
