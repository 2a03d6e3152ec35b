using System.Globalization;
using Dapper;
using Dmp.Emergency.V1;
using Dmp.Server.Access;
using Dmp.Server.Audit;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Errors;

namespace Dmp.Server.Emergencies;

/// <summary>Records found by traits for a regulation centre.</summary>
internal sealed class FindRecords(Database database, AuditTrail audit)
{
    private const int FoundMax = 10;
    private const int NameCharactersMax = 100;

    public async Task<FindRecordsResponse> RunAsync(Call call, FindRecordsRequest request, CancellationToken ct)
    {
        AccessPolicy.RequireFunction(call, AccessMode.Regulation);

        var faults = FieldFaults.Of(request);
        faults.Text(request.BirthFamilyName, "birth_family_name", NameCharactersMax);
        faults.Text(request.BirthGivenName, "birth_given_name", NameCharactersMax);
        faults.Require(System.Enum.IsDefined(request.Sex), "sex", "Must be a value of Sex.");
        var isDate = DateOnly.TryParseExact(
            request.BirthDate, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var birthDate);
        faults.Require(isDate || request.BirthDate.Length == 0, "birth_date", "Must be a date of the calendar as YYYY-MM-DD.");
        faults.ThrowIfAny();

        var rows = await database.OnConnectionAsync(
            async connection =>
            {
                await RowScope.OfRegulation(call.Caller).ApplyAsync(connection, ct);
                var givenName = request.BirthGivenName.Length == 0 ? null : request.BirthGivenName;
                return (await EmergencySql.FindByTraitsAsync(
                    connection, call.Caller, request.BirthFamilyName, givenName, birthDate, (short)request.Sex, FoundMax + 1, ct)).AsList();
            },
            ct);
        var found = rows.Take(FoundMax).ToList();

        // Whoever is found learns of it: the search is an event of each record.
        await audit.TraceFoundAsync(call, [.. found.Select(row => row.RecordId)], ct);

        return new FindRecordsResponse { Records = { found.Select(row => row.ToMessage()) }, More = rows.Count > FoundMax };
    }
}
