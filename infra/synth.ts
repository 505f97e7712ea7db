import { enableCompileCache } from 'node:module'
import { parseArgs } from 'node:util'

// The CDK is large; a kept compilation of it halves the time this takes.
enableCompileCache()

const { values } = parseArgs({ options: { stage: { type: 'string', default: 'dev' }, out: { type: 'string', default: 'cdk.out' } } })
const began = performance.now()
const { configOf, functionNames } = await import('./config.ts')
try {
  configOf(values.stage)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(2)
}
const { crmApp } = await import('./crm-stack.ts')
const { app, bundles } = crmApp({ stage: values.stage, outdir: values.out })

for (const stack of app.synth().stacks) {
  const count = Object.keys((stack.template as { Resources: object }).Resources).length
  console.log(`${stack.stackName}: ${count} resources, ${values.out}/${stack.templateFile}`)
}
console.log(`functions: ${functionNames.map((name) => `${name} ${Math.round(bundles.bytes(name) / 1000)} KB`).join(', ')}`)
console.log(`${((performance.now() - began) / 1000).toFixed(1)} s`)
