using Dmp.Server.Tests.Fixtures;
using Dmp.Type.V1;
using Dmp.Wishes.V1;

namespace Dmp.Server.Tests.Wishes;

/// <summary>Ways to state what is wished.</summary>
internal static class Wishing
{
    public const string Adult = "2024-05-17";

    public static Coding DirectivesType { get; } = new() { System = "1.2.250.1.213.1.1.4.12", Code = "EXPPAT_3" };

    public static Coding WishesType { get; } = new() { System = "1.2.250.1.213.1.1.4.12", Code = "EXPPAT_1" };

    private static CancellationToken Token => Given.Token;

    public static async Task<GetWishesResponse> WishesAsync(this DmpApi api, string recordId) =>
        await api.Wishes.GetWishesAsync(new GetWishesRequest { RecordId = recordId }, cancellationToken: Token);

    public static SetEmergencyContactsRequest Contacts(string recordId, params (string Name, string Phone)[] contacts) => new()
    {
        RecordId = recordId,
        Contacts = { contacts.Select(one => new EmergencyContact { Name = one.Name, PhoneNumber = one.Phone, RelationshipCode = "SIS" }) },
        RequestId = Given.NewId(),
    };

    public static async Task<EmergencyContacts> ContactsAsync(
        this DmpApi api, string recordId, params (string Name, string Phone)[] contacts) =>
        (await api.Wishes.SetEmergencyContactsAsync(Contacts(recordId, contacts), cancellationToken: Token)).EmergencyContacts;

    public static async Task<OrganDonation> DonationAsync(
        this DmpApi api, string recordId, DonationPosition position, string exceptions = "") =>
        (await api.Wishes.StateOrganDonationAsync(
            new StateOrganDonationRequest
            {
                RecordId = recordId,
                Position = position,
                Exceptions = exceptions,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).OrganDonation;

    public static StateAdvanceDirectivesRequest Directives(string recordId, string text) => new()
    {
        RecordId = recordId,
        WriteDate = Adult,
        Situation = DirectiveSituation.SeriousIllness,
        Treatments =
        {
            new TreatmentWish { Treatment = LifeTreatment.Resuscitation, Choice = TreatmentChoice.Refused },
            new TreatmentWish
            {
                Treatment = LifeTreatment.Dialysis,
                Choice = TreatmentChoice.Conditional,
                Conditions = "Trois mois au plus.",
            },
        },
        Text = text,
        RequestId = Given.NewId(),
    };

    public static async Task<AdvanceDirectives> DirectivesAsync(
        this DmpApi api, string recordId, string text, Action<StateAdvanceDirectivesRequest>? change = null)
    {
        var request = Directives(recordId, text);
        change?.Invoke(request);
        return (await api.Wishes.StateAdvanceDirectivesAsync(request, cancellationToken: Token)).AdvanceDirectives;
    }

    public static async Task RevokeWishAsync(this DmpApi api, string recordId, WishKind kind) =>
        await api.Wishes.RevokeWishAsync(
            new RevokeWishRequest { RecordId = recordId, Kind = kind, RequestId = Given.NewId() }, cancellationToken: Token);

    public static InviteTrustedPersonRequest Designation(string recordId, string name = "Marie CONFIANCE") => new()
    {
        RecordId = recordId,
        Name = name,
        PhoneNumber = "+33600000001",
        RelationshipCode = "SIS",
        RequestId = Given.NewId(),
    };

    public static async Task<InviteTrustedPersonResponse> NameAsync(
        this DmpApi api, string recordId, string name = "Marie CONFIANCE", Action<InviteTrustedPersonRequest>? change = null)
    {
        var request = Designation(recordId, name);
        change?.Invoke(request);
        return await api.Wishes.InviteTrustedPersonAsync(request, cancellationToken: Token);
    }

    public static async Task<TrustedPerson> AcceptTrustAsync(this DmpApi api, string code) =>
        (await api.Wishes.AcceptTrustedPersonAsync(
            new AcceptTrustedPersonRequest { Code = code, ConfirmsAdultAndRole = true, RequestId = Given.NewId() },
            cancellationToken: Token)).TrustedPerson;

    public static async Task<TrustedPerson> EndTrustAsync(this DmpApi api, TrustedPerson person) =>
        (await api.Wishes.EndTrustedPersonAsync(
            new EndTrustedPersonRequest
            {
                RecordId = person.RecordId,
                TrustedPersonId = person.TrustedPersonId,
                RequestId = Given.NewId(),
            },
            cancellationToken: Token)).TrustedPerson;

    public static async Task<List<TrustedPerson>> TrustedPersonsAsync(this DmpApi api, string recordId) =>
        [.. (await api.Wishes.ListTrustedPersonsAsync(
            new ListTrustedPersonsRequest { RecordId = recordId }, cancellationToken: Token)).TrustedPersons];
}
