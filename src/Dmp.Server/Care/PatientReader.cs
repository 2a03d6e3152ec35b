using System.Globalization;
using Dmp.Care.Emergencies;
using Dmp.Care.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Data;
using Dmp.Server.Records;
using Dmp.Server.Wishes;
using Dmp.Wishes.V1;
using RecordMessage = Dmp.Record.V1.Record;

namespace Dmp.Server.Care;

/// <summary>
/// Whose record it is, what the patient wishes, and who cares: for a method whose answer tells more than that and is traced as a whole.
/// </summary>
internal sealed class PatientReader(Database database, AccessPolicy policy, WishReader wishes)
{
    /// <summary>The record and the wishes in force that the caller may read, by the right that the called method needs.</summary>
    public Task<(RecordMessage Record, SummaryWishes Wishes)> FindAsync(Call call, Guid recordId, CancellationToken ct) =>
        database.OnConnectionAsync(
            async connection =>
            {
                var access = await policy.RequireAsync(connection, call, recordId, ct);
                var record = (await RecordSql.FindAsync(connection, access, ct)).ToMessage();
                var attending = await AttendingSql.ListAsync(connection, access, ct);
                return (record, Of((await wishes.ReadAsync(connection, access, ct)).Wishes, attending));
            },
            ct);

    private static SummaryWishes Of(GetWishesResponse wishes, IEnumerable<AttendingRow> attending) => new(
        [
            .. PeopleOf(wishes),
            .. attending.Select(one => new SummaryPerson(SummaryPersonKind.AttendingPhysician, one.ActorName, "", "", one.GrantTime)),
        ],
        wishes.AdvanceDirectives is { } directives
            ? [new SummaryDirective(
                DateOnly.ParseExact(directives.WriteDate, "yyyy-MM-dd", CultureInfo.InvariantCulture),
                directives.DocumentId.Length > 0 ? directives.DocumentId : null)]
            : [],
        wishes.OrganDonation is { } donation
            ? new SummaryDonation(
                donation.Position switch
                {
                    DonationPosition.NotOpposed => SummaryDonationKind.NotOpposed,
                    DonationPosition.Opposed => SummaryDonationKind.Opposed,
                    _ => SummaryDonationKind.OpposedInPart,
                },
                donation.Exceptions,
                donation.StateTime.ToDateTimeOffset())
            : null);

    private static IEnumerable<SummaryPerson> PeopleOf(GetWishesResponse wishes)
    {
        if (wishes.TrustedPerson is { } trusted)
        {
            yield return new SummaryPerson(
                SummaryPersonKind.TrustedPerson,
                trusted.Name,
                trusted.PhoneNumber,
                trusted.RelationshipCode,
                trusted.AcceptTime.ToDateTimeOffset());
        }

        foreach (var contact in wishes.EmergencyContacts?.Contacts ?? [])
        {
            yield return new SummaryPerson(
                SummaryPersonKind.EmergencyContact,
                contact.Name,
                contact.PhoneNumber,
                contact.RelationshipCode,
                wishes.EmergencyContacts!.StateTime.ToDateTimeOffset());
        }
    }
}
