using System.Net.Mail;
using System.Text.RegularExpressions;
using Dmp.Record.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Google.Protobuf.WellKnownTypes;

namespace Dmp.Server.Records;

/// <summary>What may be asked of a record, and what a record becomes. Pure.</summary>
internal static partial class RecordRules
{
    private const int NameCharactersMax = 100;
    private const int AddressLinesMax = 4;
    private const int AddressCharactersMax = 100;
    private const int PostalCodeCharactersMax = 16;
    private const int EmailCharactersMax = 254;
    private const int CommentCharactersMax = 500;
    private const string CountryDefault = "FR";
    private const string EveryField = "*";

    private static readonly string[] administrativeFields =
        ["used_family_name", "used_given_name", "address", "phone_number", "email"];

    public static void CheckOpening(OpenRecordRequest request, FieldFaults faults)
    {
        faults.Require(
            request.IdentityStatus is IdentityStatus.Unspecified or IdentityStatus.Qualified,
            "identity_status",
            "Must be QUALIFIED: no other identity may open a record.");
        CheckAdministrativeData(request.AdministrativeData, faults);
    }

    public static void CheckAdministrativeData(AdministrativeData? data, FieldFaults faults)
    {
        if (data is null)
        {
            return;
        }

        faults.Text(data.UsedFamilyName, "administrative_data.used_family_name", NameCharactersMax);
        faults.Text(data.UsedGivenName, "administrative_data.used_given_name", NameCharactersMax);
        CheckAddress(data.Address, "administrative_data.address", faults);
        faults.Require(
            data.PhoneNumber.Length == 0 || IsPhoneNumber(data.PhoneNumber),
            "administrative_data.phone_number",
            "Must be in E.164 form, for example +33612345678.");
        faults.Require(
            data.Email.Length == 0 || IsEmail(data.Email),
            "administrative_data.email",
            $"Must be an e-mail address of at most {EmailCharactersMax} characters.");
    }

    /// <summary>A telephone number in E.164 form.</summary>
    public static bool IsPhoneNumber(string text) => PhoneNumber().IsMatch(text);

    /// <summary>Checks the mask of an update: known fields only, at least one; <c>*</c> stands alone.</summary>
    public static void CheckMask(FieldMask? mask, FieldFaults faults)
    {
        if (mask is null)
        {
            return;
        }

        faults.Require(mask.Paths.Count > 0, "update_mask", "Must name at least one field.");
        for (var i = 0; i < mask.Paths.Count; i++)
        {
            var path = mask.Paths[i];
            faults.Require(
                administrativeFields.Contains(path, StringComparer.Ordinal) || (path == EveryField && mask.Paths.Count == 1),
                $"update_mask.paths[{i}]",
                $"Must be a field of administrative_data ({string.Join(", ", administrativeFields)}), or * alone.");
        }
    }

    /// <summary>Checks why a record is closed: professionals, patients and representatives state the patient's request only.</summary>
    public static void CheckClosing(CloseRecordRequest request, CallerKind caller, FieldFaults faults)
    {
        if (!System.Enum.IsDefined(request.Reason))
        {
            faults.Add("reason", "Must be a value of CloseReason.");
        }
        else
        {
            faults.Require(
                caller == CallerKind.Operator || request.Reason is CloseReason.Unspecified or CloseReason.PatientRequest,
                "reason",
                "Must be PATIENT_REQUEST: the other reasons are for operators.");
        }

        faults.Text(request.Comment, "comment", CommentCharactersMax);
    }

    /// <summary>The record with the fields that the mask names written, an empty one cleared.</summary>
    public static RecordRow Update(RecordRow row, AdministrativeData data, FieldMask mask, DateTimeOffset now)
    {
        var address = data.Address;
        return row with
        {
            UsedFamilyName = Writes("used_family_name") ? OrNull(data.UsedFamilyName) : row.UsedFamilyName,
            UsedGivenName = Writes("used_given_name") ? OrNull(data.UsedGivenName) : row.UsedGivenName,
            AddressLines = Writes("address") ? [.. address?.Lines ?? []] : row.AddressLines,
            PostalCode = Writes("address") ? OrNull(address?.PostalCode) : row.PostalCode,
            City = Writes("address") ? OrNull(address?.City) : row.City,
            CountryCode = Writes("address") ? Country(address) : row.CountryCode,
            PhoneNumber = Writes("phone_number") ? OrNull(data.PhoneNumber) : row.PhoneNumber,
            Email = Writes("email") ? OrNull(data.Email) : row.Email,
            UpdateTime = now,
        };

        bool Writes(string field) => mask.Paths.Contains(field) || mask.Paths.Contains(EveryField);
    }

    /// <summary>The record as it starts. The request was checked.</summary>
    public static RecordRow Open(OpenRecordRequest request, Guid recordId, DateTimeOffset now)
    {
        var row = new RecordRow
        {
            RecordId = recordId,
            InsSystem = request.Ins.System,
            InsNumber = request.Ins.Number,
            BirthFamilyName = request.Traits.BirthFamilyName,
            BirthGivenNames = [.. request.Traits.BirthGivenNames],
            BirthDate = IdentityRules.ReadBirthDate(request.Traits.BirthDate)
                ?? throw new ArgumentException("The birth date was not checked.", nameof(request)),
            Sex = (short)request.Traits.Sex,
            BirthPlaceCode = request.Traits.BirthPlaceCode,
            AddressLines = [],
            State = (short)RecordState.Open,
            CreateTime = now,
            UpdateTime = now,
            Revision = 1,
        };
        return request.AdministrativeData is { } data
            ? Update(row, data, new FieldMask { Paths = { EveryField } }, now)
            : row;
    }

    public static RecordRow Close(RecordRow row, CloseReason reason, string comment, DateTimeOffset now) => row with
    {
        State = (short)RecordState.Closed,
        CloseReason = (short)reason,
        CloseComment = OrNull(comment),
        CloseTime = now,
        UpdateTime = now,
    };

    public static RecordRow Reopen(RecordRow row, DateTimeOffset now) => row with
    {
        State = (short)RecordState.Open,
        CloseReason = null,
        CloseComment = null,
        CloseTime = null,
        UpdateTime = now,
    };

    private static void CheckAddress(PostalAddress? address, string field, FieldFaults faults)
    {
        if (address is null)
        {
            return;
        }

        faults.Require(address.Lines.Count <= AddressLinesMax, $"{field}.lines", $"Must be at most {AddressLinesMax} lines.");
        for (var i = 0; i < address.Lines.Count; i++)
        {
            faults.Text(address.Lines[i], $"{field}.lines[{i}]", AddressCharactersMax);
        }

        faults.Text(address.PostalCode, $"{field}.postal_code", PostalCodeCharactersMax);
        faults.Text(address.City, $"{field}.city", AddressCharactersMax);
        faults.Require(
            address.CountryCode.Length == 0 || CountryCode().IsMatch(address.CountryCode),
            $"{field}.country_code",
            "Must be two capital letters (ISO 3166-1 alpha-2).");
    }

    // MailAddress also reads a display name and comments; an address that comes back unchanged has none.
    /// <summary>An address that mail can be sent to, and nothing around it.</summary>
    public static bool IsEmail(string value) =>
        value.Length <= EmailCharactersMax
        && !value.Any(char.IsControl)
        && MailAddress.TryCreate(value, out var address)
        && address.Address == value;

    private static string? Country(PostalAddress? address) =>
        address is null ? null : OrNull(address.CountryCode) ?? CountryDefault;

    private static string? OrNull(string? text) => string.IsNullOrEmpty(text) ? null : text;

    [GeneratedRegex(@"^\+[1-9][0-9]{5,14}\z", RegexOptions.CultureInvariant)]
    private static partial Regex PhoneNumber();

    [GeneratedRegex(@"^[A-Z]{2}\z", RegexOptions.CultureInvariant)]
    private static partial Regex CountryCode();
}
