using System.Xml.Linq;

namespace Dmp.Xdm;

/// <summary>The objects of a submission from their elements. Whatever is not known is named in <c>Others</c>.</summary>
internal static class XdsElements
{
    private static readonly XNamespace rim = XdsNames.Rim;

    public static string Text(XElement element, string attribute) => element.Attribute(attribute)?.Value.Trim() ?? "";

    public static XdsAssociation Association(XElement element) =>
        new(Text(element, "associationType"), Text(element, "sourceObject"), Text(element, "targetObject"));

    public static XdsEntry Entry(XElement element)
    {
        Parts parts = new(element);
        var entry = new XdsEntry
        {
            EntryUuid = Text(element, "id"),
            LogicalId = Text(element, "lid"),
            ObjectType = Text(element, "objectType"),
            Status = Text(element, "status"),
            HomeCommunityId = Text(element, "home"),
            MediaType = Text(element, "mimeType"),
            Version = element.Element(rim + "VersionInfo") is { } version ? Text(version, "versionName") : "",
            Title = Localized(element, "Name"),
            Comments = Localized(element, "Description"),
            UniqueId = parts.Identifier(XdsNames.EntryUniqueId),
            PatientId = parts.Identifier(XdsNames.EntryPatientId),
            SourcePatientId = parts.Slot("sourcePatientId"),
            SourcePatientInfo = parts.Slots("sourcePatientInfo"),
            CreationTime = parts.Slot("creationTime"),
            ServiceStartTime = parts.Slot("serviceStartTime"),
            ServiceStopTime = parts.Slot("serviceStopTime"),
            LanguageCode = parts.Slot("languageCode"),
            LegalAuthenticators = parts.Slots("legalAuthenticator"),
            Hash = parts.Slot("hash"),
            Size = parts.Slot("size"),
            Uri = parts.Uri(),
            RepositoryUniqueId = parts.Slot("repositoryUniqueId"),
            ReferenceIds = parts.Slots(XdsNames.ReferenceIds),
            Class = parts.Code(XdsNames.EntryClass),
            Type = parts.Code(XdsNames.EntryType),
            Format = parts.Code(XdsNames.EntryFormat),
            FacilityType = parts.Code(XdsNames.EntryFacility),
            PracticeSetting = parts.Code(XdsNames.EntryPractice),
            Confidentialities = parts.Codes(XdsNames.EntryConfidentiality),
            EventCodes = parts.Codes(XdsNames.EntryEvent),
            Authors = parts.Authors(XdsNames.EntryAuthor),
        };
        return entry with { Others = parts.Rest() };
    }

    public static XdsSubmissionSet Set(XElement element)
    {
        Parts parts = new(element);
        var set = new XdsSubmissionSet
        {
            EntryUuid = Text(element, "id"),
            Title = Localized(element, "Name"),
            Comments = Localized(element, "Description"),
            UniqueId = parts.Identifier(XdsNames.SetUniqueId),
            SourceId = parts.Identifier(XdsNames.SetSourceId),
            PatientId = parts.Identifier(XdsNames.SetPatientId),
            SubmissionTime = parts.Slot("submissionTime"),
            IntendedRecipients = parts.Slots("intendedRecipient"),
            ContentType = parts.Code(XdsNames.SetContentType),
            Authors = parts.Authors(XdsNames.SetAuthor),
        };
        return set with { Others = parts.Rest() };
    }

    private static string Localized(XElement element, string name) =>
        element.Element(rim + name)?.Element(rim + "LocalizedString") is { } text ? Text(text, "value") : "";

    private static List<string> Values(XElement slot) =>
        [.. slot.Elements(rim + "ValueList").Elements(rim + "Value").Select(value => value.Value.Trim()).Where(value => value.Length > 0)];

    /// <summary>The slots, classifications and identifiers of an object. Each is taken out by whoever knows it.</summary>
    private sealed class Parts(XElement element)
    {
        private readonly Dictionary<string, List<string>> slots = element.Elements(rim + "Slot")
            .GroupBy(slot => Text(slot, "name"), StringComparer.Ordinal)
            .ToDictionary(same => same.Key, same => same.SelectMany(Values).ToList(), StringComparer.Ordinal);

        private readonly Dictionary<string, List<XElement>> classifications = element.Elements(rim + "Classification")
            .Where(inside => Text(inside, "classificationNode").Length == 0)
            .GroupBy(inside => Text(inside, "classificationScheme"), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => same.ToList(), StringComparer.OrdinalIgnoreCase);

        private readonly Dictionary<string, string> identifiers = element.Elements(rim + "ExternalIdentifier")
            .GroupBy(inside => Text(inside, "identificationScheme"), StringComparer.OrdinalIgnoreCase)
            .ToDictionary(same => same.Key, same => Text(same.First(), "value"), StringComparer.OrdinalIgnoreCase);

        private readonly List<string> twice = [];

        public List<string> Slots(string name) => slots.Remove(name, out var values) ? values : [];

        public string Slot(string name)
        {
            var values = Slots(name);
            if (values.Count > 1)
            {
                twice.Add(name);
            }

            return values.Count > 0 ? values[0] : "";
        }

        /// <summary>Long ones are cut into numbered pieces (<c>1|...</c>).</summary>
        public string Uri()
        {
            var values = Slots("URI");
            return values.Count > 0
                && values.TrueForAll(value => value.IndexOf('|', StringComparison.Ordinal) == 1 && char.IsAsciiDigit(value[0]))
                    ? string.Concat(values.Order(StringComparer.Ordinal).Select(value => value[2..]))
                    : string.Concat(values);
        }

        public string Identifier(string scheme) => identifiers.Remove(scheme, out var value) ? value : "";

        public List<XdsCode> Codes(string scheme) => classifications.Remove(scheme, out var found) ? found.ConvertAll(CodeOf) : [];

        public XdsCode? Code(string scheme)
        {
            var codes = Codes(scheme);
            if (codes.Count > 1)
            {
                twice.Add($"the second code of {scheme}");
            }

            return codes.Count > 0 ? codes[0] : null;
        }

        public List<XdsAuthor> Authors(string scheme) => classifications.Remove(scheme, out var found) ? found.ConvertAll(AuthorOf) : [];

        /// <summary>What nobody took: a submission may say more than XDS.</summary>
        public List<string> Rest() =>
        [
            .. twice,
            .. slots.Keys.Select(name => $"the slot {name}"),
            .. classifications.Keys.Select(scheme => $"the classification {scheme}"),
            .. identifiers.Keys.Select(scheme => $"the identifier {scheme}"),
        ];

        private static XdsCode CodeOf(XElement classification) => new(
            Text(classification, "nodeRepresentation"),
            classification.Elements(rim + "Slot").Where(slot => Text(slot, "name") == "codingScheme").SelectMany(Values)
                .FirstOrDefault("")!,
            Localized(classification, "Name"));

        private XdsAuthor AuthorOf(XElement classification)
        {
            Parts parts = new(classification);
            var author = new XdsAuthor
            {
                Persons = parts.Slots("authorPerson"),
                Institutions = parts.Slots("authorInstitution"),
                Roles = parts.Slots("authorRole"),
                Specialties = parts.Slots("authorSpecialty"),
                Telecommunications = parts.Slots("authorTelecommunication"),
            };
            twice.AddRange(parts.Rest().Select(name => $"{name} of an author"));
            return author;
        }
    }
}
