/** Steps that wait a minute instead of ten seconds: what a machine busy with other tests may need. */
export function patient(steps) {
    return steps.map((step) => ({ timeout: 60000, ...step }));
}
