import { CfnOutput, Stack, type App, type StackProps } from 'aws-cdk-lib'
import type { TableV2 } from 'aws-cdk-lib/aws-dynamodb'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import type { StageConfig } from './config.ts'
import { fileStore } from './files.ts'
import { SignIn } from './sign-in.ts'
import { crmTable } from './table.ts'

/** What must outlive every deployment: the table, the people, the files. Apart, so that the application can be taken down and put up again. */
export class StateStack extends Stack {
  readonly table: TableV2
  readonly signIn: SignIn
  readonly files: Bucket

  constructor(app: App, config: StageConfig, props: StackProps = {}) {
    super(app, `${config.stage}-crm-state`, {
      description: `CRM ${config.stage}: data and sign-in. Never deleted by a deployment.`,
      terminationProtection: true,
      ...props,
    })
    this.table = crmTable(this, config)
    this.signIn = new SignIn(this, 'SignIn', config)
    this.files = fileStore(this, config.api.origins)
    for (const [name, value] of Object.entries({
      TableName: this.table.tableName,
      UserPoolId: this.signIn.pool.userPoolId,
      StaffClientId: this.signIn.staff.userPoolClientId,
      MachineClientId: this.signIn.machine.userPoolClientId,
      SignInUrl: this.signIn.address,
      FilesBucket: this.files.bucketName,
    }))
      new CfnOutput(this, name, { value })
  }
}
