/** Imported first: the product's log and metrics say nothing while they are simulated; what they would say is read elsewhere. */
process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT'
process.env['POWERTOOLS_METRICS_DISABLED'] = 'true'
