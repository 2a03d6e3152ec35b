using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using RecordMessage = Dmp.Record.V1.Record;

namespace Dmp.Server.Records;

/// <summary>Whose record it is, for a method whose answer tells more than that and is traced as a whole.</summary>
internal sealed class IdentityReader(Database database, AccessPolicy policy)
{
    /// <summary>The record, for a caller who has the right that the called method needs.</summary>
    public Task<RecordMessage> FindAsync(Call call, Guid recordId, CancellationToken ct) => database.OnConnectionAsync(
        async connection =>
        {
            var access = await policy.RequireAsync(connection, call, recordId, ct);
            return (await RecordSql.FindAsync(connection, access, ct)).ToMessage();
        },
        ct);
}
