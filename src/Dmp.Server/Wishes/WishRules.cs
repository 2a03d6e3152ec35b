using System.Globalization;
using Dmp.Error.V1;
using Dmp.Server.Access;
using Dmp.Server.Calls;
using Dmp.Server.Delegations;
using Dmp.Server.Errors;
using Dmp.Server.Records;
using Dmp.Type.V1;
using Dmp.Wishes.V1;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Wishes;

/// <summary>Rules on wishes that need no I/O.</summary>
internal static class WishRules
{
    private const int CourtCharactersMin = 10;

    /// <summary>From this age on a person may enter the national register of refusals (CSP R1232-6).</summary>
    private const int DonationAge = 13;

    private const int MajorityAge = 18;

    /// <summary>A trusted person signs in writing, and may have to find out how: longer than a caregiver.</summary>
    private static readonly TimeSpan answerTime = TimeSpan.FromDays(30);

    /// <summary>When an invitation of this moment is too old.</summary>
    public static DateTimeOffset CodeExpireTime(DateTimeOffset now) => now + answerTime;

    /// <summary>Contacts: the patient, or a representative.</summary>
    public static RecordAccess RequireOwner(RecordAccess access) =>
        access.IsOwner ? access : throw Failures.Of(ErrorReason.WishNotAllowed);

    /// <summary>Reading of one's own: the patient.</summary>
    public static RecordAccess RequirePatient(RecordAccess access) =>
        access.Capacity == Capacity.Patient ? access : throw Failures.Of(ErrorReason.WishNotAllowed);

    /// <summary>Organ donation: the patient, from 13 years on.</summary>
    public static RecordAccess RequireDonor(RecordAccess access) =>
        access.Capacity == Capacity.Patient && access.MajorityTime.AddYears(DonationAge - MajorityAge) <= access.Now
            ? access
            : throw Failures.Of(ErrorReason.WishNotAllowed);

    /// <summary>
    /// Directives and a trusted person: the patient, an adult; under guardianship with the authorisation that the field names, and without
    /// guardianship without one (CSP L1111-6, L1111-11).
    /// </summary>
    public static RecordAccess RequireAdult(RecordAccess access, string courtAuthorization)
    {
        if (access.Capacity != Capacity.Patient || access.MajorityTime > access.Now)
        {
            throw Failures.Of(ErrorReason.WishNotAllowed);
        }

        FieldFaults faults = new();
        faults.Require(
            !access.IsRepresented || courtAuthorization.Trim().Length >= CourtCharactersMin,
            "court_authorization",
            $"Required under guardianship: who authorised it and when, at least {CourtCharactersMin} characters.");
        faults.Require(
            access.IsRepresented || courtAuthorization.Length == 0, "court_authorization", "Must be empty without a guardianship.");
        faults.ThrowIfAny();
        return access;
    }

    public static void Check(SetEmergencyContactsRequest request, FieldFaults faults)
    {
        for (var i = 0; i < request.Contacts.Count; i++)
        {
            var contact = request.Contacts[i];
            CheckPerson(contact.PhoneNumber, contact.RelationshipCode, $"contacts[{i}].", faults);
        }
    }

    public static void Check(InviteTrustedPersonRequest request, DateTimeOffset now, FieldFaults faults)
    {
        CheckPerson(request.PhoneNumber, request.RelationshipCode, "", faults);
        var end = faults.Time(request.StayEndTime, "stay_end_time");
        faults.Require(
            end is null || (end > now && end <= now.AddYears(1)), "stay_end_time", "Must be in the future and at most a year ahead.");
    }

    public static void Check(StateOrganDonationRequest request, FieldFaults faults)
    {
        faults.Require(
            request.Position == DonationPosition.Unspecified || System.Enum.IsDefined(request.Position),
            "position",
            "Must be a value of this version of the contract.");
        var isInPart = request.Position == DonationPosition.OpposedInPart;
        faults.Require(!isInPart || request.Exceptions.Length > 0, "exceptions", "Required for OPPOSED_IN_PART.");
        faults.Require(isInPart || request.Exceptions.Length == 0, "exceptions", "Must be empty but for OPPOSED_IN_PART.");
    }

    public static void Check(StateAdvanceDirectivesRequest request, DateTimeOffset now, FieldFaults faults)
    {
        // Somewhere in France it is tomorrow already.
        faults.Require(
            request.WriteDate.Length == 0
                || (DateOf(request.WriteDate) is { } date && date <= DateOnly.FromDateTime(now.UtcDateTime.AddHours(12))),
            "write_date",
            "Must be a day in the form YYYY-MM-DD, and not in the future.");
        faults.Require(
            System.Enum.IsDefined(request.Situation), "situation", "Must be a value of this version of the contract.");
        for (var i = 0; i < request.Treatments.Count; i++)
        {
            CheckTreatment(request.Treatments[i], $"treatments[{i}].", faults);
            faults.Require(
                request.Treatments.Take(i).All(before => before.Treatment != request.Treatments[i].Treatment),
                $"treatments[{i}].treatment",
                "Must be a treatment that is not in the list yet.");
        }

        faults.Require(
            request.Treatments.Count > 0 || request.Text.Length > 0 || request.DocumentId.Length > 0,
            "treatments",
            "One of treatments, text and document_id is required.");
        faults.Require(request.WitnessNames.Count is 0 or 2, "witness_names", "Must be two names, or none.");
    }

    /// <summary>Directives are those of an adult (CSP L1111-11), on the day on which they were written too.</summary>
    public static void RequireWrittenAsAdult(RecordAccess access, string writeDate)
    {
        // Majority begins at midnight in Paris, one or two hours before that of UTC.
        FieldFaults faults = new();
        faults.Require(
            DateOf(writeDate) >= DateOnly.FromDateTime(access.MajorityTime.UtcDateTime.AddHours(2)),
            "write_date",
            "Must not be before the patient came of age.");
        faults.ThrowIfAny();
    }

    public static void Check(RevokeWishRequest request, FieldFaults faults) => faults.Require(
        request.Kind == WishKind.Unspecified || System.Enum.IsDefined(request.Kind),
        "kind",
        "Must be a value of this version of the contract.");

    /// <summary>
    /// Where a designation is. An end by the patient counts before the end by time: it came first, or it took away what had ended.
    /// </summary>
    public static TrustedPersonState StateOf(TrustedPersonRow row, DateTimeOffset now) => row switch
    {
        { RefuseTime: not null } => TrustedPersonState.Refused,
        { EndTime: not null } => TrustedPersonState.Ended,
        { StayEndTime: { } end } when end <= now => TrustedPersonState.Expired,
        { AcceptTime: not null } => TrustedPersonState.Accepted,
        _ => row.CodeExpireTime > now ? TrustedPersonState.Invited : TrustedPersonState.Expired,
    };

    /// <summary>It can be ended.</summary>
    public static bool IsLiving(TrustedPersonRow row, DateTimeOffset now) =>
        StateOf(row, now) is TrustedPersonState.Invited or TrustedPersonState.Accepted;

    /// <summary>Everything but what is sealed.</summary>
    public static TrustedPerson ToMessage(this TrustedPersonRow row, DateTimeOffset now) => new()
    {
        TrustedPersonId = row.TrustedPersonId.ToString(),
        RecordId = row.RecordId.ToString(),
        State = StateOf(row, now),
        CreateTime = row.CreateTime.ToTimestamp(),
        InvitationExpireTime = row.CodeExpireTime.ToTimestamp(),
        StayEndTime = row.StayEndTime?.ToTimestamp(),
        AcceptTime = row.AcceptTime?.ToTimestamp(),
        RefuseTime = row.RefuseTime?.ToTimestamp(),
        EndTime = row.EndTime?.ToTimestamp(),
    };

    /// <summary>What is sealed, with the version that it is.</summary>
    public static EmergencyContacts Of(EmergencyContacts contacts, WishRow row)
    {
        var made = contacts.Clone();
        made.WishId = row.WishId.ToString();
        made.StateTime = row.StateTime.ToTimestamp();
        made.StatedBy = Actor.Parser.ParseFrom(row.StatedBy);
        return made;
    }

    /// <inheritdoc cref="Of(EmergencyContacts, WishRow)"/>
    public static OrganDonation Of(OrganDonation donation, WishRow row)
    {
        var made = donation.Clone();
        made.WishId = row.WishId.ToString();
        made.StateTime = row.StateTime.ToTimestamp();
        return made;
    }

    /// <inheritdoc cref="Of(EmergencyContacts, WishRow)"/>
    public static AdvanceDirectives Of(AdvanceDirectives directives, WishRow row)
    {
        var made = directives.Clone();
        made.WishId = row.WishId.ToString();
        made.StateTime = row.StateTime.ToTimestamp();
        return made;
    }

    private static DateOnly? DateOf(string text) =>
        DateOnly.TryParseExact(text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var date) ? date : null;

    private static void CheckPerson(string phoneNumber, string relationshipCode, string path, FieldFaults faults)
    {
        faults.Require(
            phoneNumber.Length == 0 || RecordRules.IsPhoneNumber(phoneNumber),
            $"{path}phone_number",
            "Must be in E.164 form, for example +33612345678.");
        faults.Require(
            relationshipCode.Length == 0 || DelegationRules.Relationships.Contains(relationshipCode, StringComparer.Ordinal),
            $"{path}relationship_code",
            $"Must be empty or one of {string.Join(", ", DelegationRules.Relationships)}.");
    }

    private static void CheckTreatment(TreatmentWish wish, string path, FieldFaults faults)
    {
        faults.Require(
            wish.Treatment == LifeTreatment.Unspecified || System.Enum.IsDefined(wish.Treatment),
            $"{path}treatment",
            "Must be a value of this version of the contract.");
        faults.Require(
            wish.Choice == TreatmentChoice.Unspecified || System.Enum.IsDefined(wish.Choice),
            $"{path}choice",
            "Must be a value of this version of the contract.");
        faults.Require(
            wish.Choice != TreatmentChoice.Conditional || wish.Conditions.Length > 0, $"{path}conditions", "Required for CONDITIONAL.");
    }
}
