import { every, type Schedule } from '../domain/kernel/event.ts'
import { comeDue } from '../domain/care/cadence/index.ts'
import { escalate } from '../domain/care/task/index.ts'
import { fit } from '../domain/insight/statistics/index.ts'
import { review } from '../domain/insight/tier/index.ts'
import { due } from '../domain/insight/warning/index.ts'
import { age } from '../domain/sales/deal/index.ts'
import { elapse } from '../domain/service/ticket/index.ts'

/** Every job that runs by the clock, one line each. */
export const schedules: readonly Schedule[] = [
  every('rate(1 minute)', { kind: 'due', name: 'warnings', each: due }, 'Raises the churn warnings that are due, opens those put off again'),
  every('rate(1 hour)', { kind: 'due', name: 'tiers', each: review }, 'Renews, drops and looks ahead of the tiers that are due'),
  every('cron(0 2 ? * MON *)', { kind: 'task', name: 'model', run: fit }, 'Fits the models of rhythm and spend to the customers'),
  every('rate(1 hour)', { kind: 'due', name: 'deals', each: age }, 'Marks deals that have been in their stage for too long'),
  every('rate(1 hour)', { kind: 'due', name: 'tickets', each: elapse }, 'Closes tickets resolved a week ago, wakes pending ones'),
  every('rate(1 hour)', { kind: 'due', name: 'revisits', each: comeDue }, 'Plans the regular contacts that are due'),
  every('rate(1 hour)', { kind: 'due', name: 'tasks', each: escalate }, 'Puts tasks that are two days late before the team’s lead'),
]
