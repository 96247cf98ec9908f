import { shippedFile } from './shipped-files.ts'

/** The component that comes with this program, of the same version; `scripts/build-component.ts` lays its project out. */
interface OwnComponent {
  readonly project: string
  readonly name: string
  readonly version: string
  readonly text: string
}

export function shippedComponent(): OwnComponent {
  const { version } = JSON.parse(shippedFile('package.json')) as { readonly version: string }
  const text = shippedFile('templates/python-package.yml')
  return { project: 'wheelseal/components', name: 'python-package', version, text }
}
