using Dmp.Document.V1;
using Dmp.Server.Calls;
using Dmp.Server.Options;
using Grpc.Core;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Intake;

/// <summary>Imports begun: what all of them have in common.</summary>
internal sealed class ImportRuns(
    IntakeStages intake,
    ImportMemory memory,
    ImportFailures failures,
    IOptions<ImportOptions> importOptions,
    IOptions<UploadOptions> uploadOptions,
    TimeProvider time)
{
    public ImportRun New(Call call, IServerStreamWriter<ImportDocumentsResponse> responses, CancellationToken ct) =>
        new(intake, memory, failures, importOptions.Value, uploadOptions.Value.IntentBytesMax, time, call, responses, ct);
}
