using Dmp.Client;
using Dmp.Record.V1;
using Dmp.Type.V1;

namespace Dmp.Cli.Import;

/// <summary>Where documents go.</summary>
internal sealed partial class ImportRun
{
    /// <summary>Finds the record of each patient, once.</summary>
    private async Task<List<PlannedDocument>> WithRecordsAsync(IReadOnlyList<PlannedDocument> planned, CancellationToken ct)
    {
        Dictionary<Ins, (string RecordId, string Reason, string Message)> records = [];
        List<PlannedDocument> located = [];
        foreach (var document in planned)
        {
            if (document.Obstacle is not null || document.RecordId.Length > 0 || document.IsSignature)
            {
                located.Add(document);
                continue;
            }

            if (document.Patient is not { } patient)
            {
                located.Add(document.Blocked(
                    "PATIENT_MISSING",
                    "Neither the document nor what lies beside it names the patient by an INS; --record names the record of all."));
                continue;
            }

            if (!records.TryGetValue(patient, out var record))
            {
                records[patient] = record = await RecordOfAsync(patient, ct);
            }

            located.Add(
                record.RecordId.Length > 0
                    ? document with { RecordId = record.RecordId }
                    : document.Blocked(record.Reason, record.Message));
        }

        return located;
    }

    private async Task<(string RecordId, string Reason, string Message)> RecordOfAsync(Ins patient, CancellationToken ct)
    {
        try
        {
            var access = await Dmp.CheckAccessAsync(new CheckAccessRequest { Ins = patient }, ct);
            return (access.RecordState, access.RecordId) switch
            {
                (RecordState.Open, { Length: > 0 } id) => (id, "", ""),
                (RecordState.Closed, _) => ("", "RECORD_NOT_OPEN", "The patient's record is closed."),
                (RecordState.Open, _) => ("", "RECORD_ACCESS_DENIED", "The patient has blocked the caller."),
                _ =>
                    ("", "RECORD_NOT_FOUND",
                        "The patient has no record. Opening one needs the patient's information, which this command does not have."),
            };
        }
        catch (DmpInvalidRequestException wrong)
        {
            return ("", wrong.Reason, "The INS is not one that the platform accepts.");
        }
    }
}
