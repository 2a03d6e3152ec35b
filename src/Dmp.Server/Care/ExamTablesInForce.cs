using Dmp.Care.Exams;
using Microsoft.Extensions.Options;

namespace Dmp.Server.Care;

/// <summary>What others say of examinations, as the operator gave it; looked at when the server started (CareOptionsRules).</summary>
internal sealed class ExamTablesInForce(IOptions<Options.CareOptions> options)
{
    /// <summary>The tables.</summary>
    public ExamTables Tables { get; } = Options.ExamTableFiles.Read(options.Value).Tables;
}
