using System.Globalization;
using Dmp.Record.V1;
using Dmp.Server.Access;
using Dmp.Type.V1;
using Google.Protobuf.WellKnownTypes;
using RecordMessage = Dmp.Record.V1.Record;

namespace Dmp.Server.Records;

internal static class RecordMapping
{
    extension(RecordRow row)
    {
        public string Etag => $"\"{row.Revision}\"";

        public RecordMessage ToMessage()
        {
            var record = new RecordMessage
            {
                RecordId = row.RecordId.ToString(),
                Ins = new Ins { Number = row.InsNumber, System = row.InsSystem },
                Traits = row.ToTraits(),
                AdministrativeData = row.ToAdministrativeData(),
                State = (RecordState)row.State,
                CreateTime = row.CreateTime.ToTimestamp(),
                UpdateTime = row.UpdateTime.ToTimestamp(),
                Etag = row.Etag,
            };
            if (row.CloseReason is { } reason && row.CloseTime is { } closeTime)
            {
                record.Closing = new Closing
                {
                    Reason = (CloseReason)reason,
                    Comment = row.CloseComment ?? "",
                    CloseTime = closeTime.ToTimestamp(),
                };
            }

            return record;
        }

        public IdentityTraits ToTraits() =>
            Traits(row.BirthFamilyName, row.BirthGivenNames, row.BirthDate, row.Sex, row.BirthPlaceCode);

        private AdministrativeData ToAdministrativeData()
        {
            var data = new AdministrativeData
            {
                UsedFamilyName = row.UsedFamilyName ?? "",
                UsedGivenName = row.UsedGivenName ?? "",
                PhoneNumber = row.PhoneNumber ?? "",
                Email = row.Email ?? "",
            };

            // An address has a country from the moment it is written, see RecordRules.Update.
            if (row.CountryCode is { } country)
            {
                data.Address = new PostalAddress
                {
                    PostalCode = row.PostalCode ?? "",
                    City = row.City ?? "",
                    CountryCode = country,
                };
                data.Address.Lines.AddRange(row.AddressLines);
            }

            return data;
        }
    }

    public static RecordSummary ToMessage(this RecordSummaryRow row) => new()
    {
        RecordId = row.RecordId.ToString(),
        Ins = new Ins { Number = row.InsNumber, System = row.InsSystem },
        Traits = Traits(row.BirthFamilyName, row.BirthGivenNames, row.BirthDate, row.Sex, row.BirthPlaceCode),
        State = (RecordState)row.State,
        AuthorizeTime = row.AuthorizeTime?.ToTimestamp(),
        ExpireTime = row.ExpireTime?.ToTimestamp(),
        AttendingPhysician = row.AttendingPhysician,
        ActingAs = (ActorKind)row.ActingAs,
    };

    /// <summary>
    /// The answer of the existence test. A blocked caller learns that there is a record and nothing else about it, not even
    /// that it is closed.
    /// </summary>
    public static CheckAccessResponse ToCheckAccessResponse(AccessFacts? facts, RecordRow? row, DateTimeOffset now)
    {
        if (facts is null || row is null)
        {
            return new CheckAccessResponse { AuthorizationState = AuthorizationState.None };
        }

        if (facts.IsBlocked)
        {
            return new CheckAccessResponse
            {
                RecordState = RecordState.Open,
                AuthorizationState = AuthorizationState.Blocked,
            };
        }

        var isValid = facts.ExpireTime > now;
        return new CheckAccessResponse
        {
            RecordState = (RecordState)facts.State,
            RecordId = facts.RecordId.ToString(),
            AuthorizationState = isValid ? AuthorizationState.Valid
                : facts.WasEverAuthorized ? AuthorizationState.Expired
                : AuthorizationState.None,
            ExpireTime = isValid ? facts.ExpireTime?.ToTimestamp() : null,
            AttendingPhysician = facts.IsAttending,
            Traits = row.ToTraits(),
        };
    }

    private static IdentityTraits Traits(string familyName, string[] givenNames, DateOnly birthDate, short sex, string birthPlace)
    {
        var traits = new IdentityTraits
        {
            BirthFamilyName = familyName,
            BirthDate = birthDate.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
            Sex = (Sex)sex,
            BirthPlaceCode = birthPlace,
        };
        traits.BirthGivenNames.AddRange(givenNames);
        return traits;
    }
}
