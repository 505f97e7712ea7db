import { crmApp } from './crm-stack.ts'

/** What the CDK CLI runs; `-c stage=prod` names the stage. */
crmApp().app.synth()
